"""Create one extension module, and say whether the GIL is on afterwards.

    python -I -S -B -X utf8 _probe.py NAME PATH SEARCH_PATH

It runs inside a bare free-threaded CPython, 3.13 or later, hence imports the
standard library only, and nothing of ungil. One line of JSON goes to standard
output.

The module is created and not executed, since its creation is where CPython
switches the GIL: `_imp_create_dynamic_impl` (Python/import.c) switches it on,
has `PyInit_*` called and the module made of its definition, then
`_PyImport_CheckGILForModule` leaves it on or takes it back. From 3.15 on a
module that exports slots (`PyModExport_*`, PEP 793) is judged where it is made:
`module_from_slots_and_spec` (Objects/moduleobject.c). Executing it could only
import further modules, and each of those is judged on its own.
"""

import importlib.util
import json
import os
import sys
import sysconfig
import warnings

_LONGEST = 1000  # characters of a message


def main() -> None:
    """Create the module, report, and leave without finalising."""
    name, path, search_path = sys.argv[1:]
    report = _keep_stdout()
    _prepare_process()
    _prepare_search(search_path)
    gil_enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    # Looked up before the module can replace them.
    dumps, write, leave = json.dumps, os.write, os._exit
    before = gil_enabled()
    # Held to the end: what frees a module may not expect one never executed.
    _module, switched, error = _create(name, path)
    answer = {
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "forced": getattr(sys.flags, "gil", None) is not None,
        "before": before,
        "after": gil_enabled(),
        "warning": switched,
        "error": error,
    }
    write(report, dumps(answer).encode() + b"\n")
    # Finalising runs what the module registered; that may crash or hang, and
    # is not what was asked.
    leave(0)


def _create(name: str, path: str) -> tuple[object, str | None, tuple[str, str] | None]:
    """The module, the warning that the GIL is on, the exception."""
    module, error = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            spec = importlib.util.spec_from_file_location(name, path)
            if spec is None:
                raise ImportError("no extension module by its file name")  # noqa: TRY301 - told like all others
            module = importlib.util.module_from_spec(spec)
        except BaseException as raised:  # noqa: BLE001 - even SystemExit is only an answer here
            error = _text(type(raised).__name__), _text(raised)
    texts = [_text(w.message) for w in caught if w.category is RuntimeWarning]
    return module, next((t for t in texts if "(GIL) has been enabled" in t), None), error


def _text(value: object) -> str:
    try:
        text = str(value)
    except BaseException:  # noqa: BLE001 - the module's own `__str__`
        return "(no readable message)"
    return text[:_LONGEST].encode("utf-8", "backslashreplace").decode()


def _keep_stdout() -> int:
    """Take standard output for the report; what the module prints goes nowhere."""
    report = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return report


def _prepare_process() -> None:
    """Let a crash be quick and quiet.

    No limit on the address space: mimalloc and the sanitizers reserve far more
    of it than they use.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there

        # A dialog box would wait for somebody to press its button.
        msvcrt.SetErrorMode(
            msvcrt.SEM_FAILCRITICALERRORS
            | msvcrt.SEM_NOGPFAULTERRORBOX
            | msvcrt.SEM_NOOPENFILEERRORBOX
        )
    else:
        import resource  # noqa: PLC0415 - nowhere else

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _prepare_search(search_path: str) -> None:
    """Let the module's neighbours be found, after the standard library as installed."""
    sys.path.append(search_path)
    if sys.platform == "win32":
        # A wheel's DLLs lie in `name.libs`; the package's `__init__` would add
        # the folder, but it is not run.
        for entry in os.scandir(search_path):
            if entry.name.endswith(".libs") and entry.is_dir():
                os.add_dll_directory(entry.path)


if __name__ == "__main__":
    main()
