"""Races in a project's own code: what happens, and what of it nothing orders.

The command line is `ungil race`. In a program:

    with ungil.races.watch() as races:
        run_something_with_threads()
    assert not races.findings
"""

from __future__ import annotations

from ungil.races.marks import happens_after, happens_before

__all__ = ["happens_after", "happens_before", "watch"]


def __getattr__(name: str) -> object:
    # Programs import this package for its two marks; watching brings much more along.
    if name == "watch":
        from ungil.races.within import watch  # noqa: PLC0415 - see above

        return watch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
