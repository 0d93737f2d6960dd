"""The questions that an interpreter is asked, as a text of Python.

Python 2.7 and later and PyPy understand it, so that each can say what it is.
It writes one line of JSON.
"""

from __future__ import annotations

__all__ = ["QUESTIONS"]

# `sys.flags.gil` and `sys._xoptions` say why the GIL is as it is (3.13),
# `sys._jit` whether there is a compiler (3.14); before, only how the build was
# configured does. `gettotalrefcount` marks a debug build, as in
# `packaging.tags`: Windows has no Py_DEBUG to ask for. The path goes byte by byte
# (Latin-1), because JSON carries no name that is not Unicode.
QUESTIONS = """
import json, os, platform, sys
try:
    import sysconfig
    config = sysconfig.get_config_vars()
    where = sysconfig.get_platform()
except Exception:
    config, where = {}, sys.platform
try:
    from importlib.machinery import EXTENSION_SUFFIXES as suffixes
except ImportError:
    suffixes = []
own = getattr(getattr(sys, "implementation", None), "version", None)
own = getattr(sys, "pypy_version_info", own or sys.version_info)
jit = getattr(sys, "_jit", None)
gil_enabled = getattr(sys, "_is_gil_enabled", None)
option = getattr(sys, "_xoptions", {}).get("gil")
print(json.dumps({
    "executable": getattr(os, "fsencode", str)(sys.executable or "").decode("latin-1"),
    "implementation": platform.python_implementation(),
    "implementation_version": ".".join(str(part) for part in own[:3]),
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "release": platform.python_version(),
    "free_threaded": bool(config.get("Py_GIL_DISABLED")),
    "gil_enabled": gil_enabled() if gil_enabled else True,
    "gil_flag": getattr(sys.flags, "gil", None),
    "gil_option": None if option is None else str(option),
    "platform": where,
    "extension_suffixes": suffixes,
    "debug": hasattr(sys, "gettotalrefcount"),
    "jit": [jit.is_available(), jit.is_enabled()] if jit else None,
    "configured": str(config.get("CONFIG_ARGS") or "")[:8000],
    "compiled": str(config.get("PY_CFLAGS") or config.get("CFLAGS") or "")[:8000],
}))
"""
