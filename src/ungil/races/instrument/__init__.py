"""Source -> code that tells of its accesses, and computes what it did."""

from ungil.races.instrument.rewrite import MODES, PREFIX, Rewritten, rewrite

__all__ = ["MODES", "PREFIX", "Rewritten", "rewrite"]
