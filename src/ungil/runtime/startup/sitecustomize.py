"""Runs at the start of every Python process under `ungil run`.

`site` imports it, since its folder stands first in PYTHONPATH; so a program is
started by plain `python`, in no other way than ever. Rejected: running it with
`runpy` from a script of ours, where `sys.argv`, `__main__`, `sys.path` and
tracebacks can only be imitated.

Any Python may be started by the program, so this keeps to what every one of
them understands.
"""

import os
import sys


def _watch():
    # type: () -> None
    if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
        return
    runtime = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    above = os.path.dirname(os.path.dirname(runtime))
    sys.path.insert(0, above)
    try:
        from ungil.runtime import journal  # noqa: PLC0415 - only now can it be found
    finally:
        sys.path.remove(above)
    journal.begin()


def _forget_this_folder():
    # type: () -> None
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]


def _import_the_next():
    # type: () -> None
    """Do what `site` would have done: the environment may have its own."""
    finder = getattr(sys.modules.get("_frozen_importlib_external"), "PathFinder", None)
    spec = finder and finder.find_spec("sitecustomize")
    if spec and spec.loader:
        module = sys.modules["_frozen_importlib"].module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_forget_this_folder()
try:
    _watch()
except Exception:  # noqa: BLE001, S110 - the program goes on unwatched, and the report says so
    pass
_import_the_next()
