"""Source -> code that tells of its accesses, and computes what it did."""

from ungil.races.instrument.hook import Hook, Scope, Told
from ungil.races.instrument.loading import Make, compiled, placed
from ungil.races.instrument.pytest_rewriting import watch_tests
from ungil.races.instrument.rewrite import Rewritten, rewrite

__all__ = [
    "Hook",
    "Make",
    "Rewritten",
    "Scope",
    "Told",
    "compiled",
    "placed",
    "rewrite",
    "watch_tests",
]
