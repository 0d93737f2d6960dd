"""Is it worth it, and why does it stop scaling?

The door of this room for programs that are measured is `benchmark`, which marks a function;
it imports nothing but the standard library, because it lives in other people's processes.
"""

from ungil.bench.marks import benchmark

__all__ = ["benchmark"]
