"""An exploration in pieces, for as many processes as are wanted, here or on a cluster."""
