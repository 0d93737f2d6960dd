"""Products: what they are, how they are shown, and the work behind them."""
