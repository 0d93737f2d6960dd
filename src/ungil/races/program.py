"""Run a program as `python` would, watched; started by `ungil race` in a new process.

python -m ungil.races.program FOLDER SETTINGS -- (SCRIPT | -m MODULE | MODULE:FUNCTION) [ARG …]
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import os
import pkgutil
import runpy
import signal
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from ungil.races.journal import ENDED, Writer
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["CannotRunError", "main", "run_program"]


class CannotRunError(Exception):
    """The program cannot be found; the message is one line."""


def main() -> None:
    """Run the program of the command line, and end as it does."""
    folder, settings_text, _, *program = sys.argv[1:]
    settings = Settings.from_json(settings_text)
    record = Writer(Path(folder))
    session = Session(settings, record)

    interrupted = False

    def end() -> None:
        session.stop()
        record([ENDED])
        if interrupted:
            # As the interpreter ends then, so that a shell knows.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)

    # Registered before all of the program's, so it runs after them.
    atexit.register(end)
    record(["began"])
    session.start()
    try:
        run_program(session, program)
    except CannotRunError as error:
        print(f"ungil: {error}", file=sys.stderr)
        record(["problem", f"It did not run: {error}."])
        raise SystemExit(2) from None
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - it is the program's, and shown as it shows it
        interrupted = isinstance(error, KeyboardInterrupt)
        error.__traceback__ = _of_program(error)
        sys.excepthook(type(error), error, error.__traceback__)
        raise SystemExit(1) from None


def _of_program(error: BaseException) -> TracebackType | None:
    """The traceback without our own frames at its top."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return trace


def run_program(session: Session, program: list[str]) -> None:
    """Run a program as the main one of this process.

    Args:
        session: Watches it.
        program: A script, `-m` and a module, or `module:function`, with what they are given.

    Raises:
        CannotRunError: It cannot be found.
        BaseException: Whatever it raises.
    """
    first = program[0]
    if first.startswith("-m"):
        name, *arguments = [first[2:], *program[1:]] if first != "-m" else program[1:]
        _begin_path_with(str(Path.cwd()))
        _run_module(session, name, arguments)
    elif ":" in first and not Path(first).exists():
        _begin_path_with(str(Path.cwd()))
        sys.argv = program
        _run_function(first)
    elif pkgutil.get_importer(first) is not None:
        _run_container(session, first, program)
    else:
        _run_script(session, first, program)


def _begin_path_with(folder: str) -> None:
    """Put the program's folder where our own is."""
    if not sys.flags.safe_path:  # then the interpreter puts none there
        sys.path[0] = folder


def _run_script(session: Session, path: str, program: list[str]) -> None:
    _begin_path_with(str(Path(path).resolve().parent))
    path = os.path.abspath(path)  # noqa: PTH100 - as the interpreter does, which leaves `..` in no name
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
    main_module = _main_module(path, None, SourceFileLoader("__main__", path))
    sys.argv = program
    try:
        code = session.code(source, path, "__main__")
    except Exception as error:  # noqa: BLE001 - a compiler raises SyntaxError, ValueError, MemoryError …
        # The interpreter shows where in the source it is, and no calls.
        raise error.with_traceback(None) from None
    _execute(code, main_module)


def _execute(code: CodeType, main_module: ModuleType) -> None:
    exec(code, vars(main_module))  # noqa: S102 - the user asked for this program to be run


def _run_container(session: Session, path: str, program: list[str]) -> None:
    """A folder or an archive with a module `__main__`."""
    path = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links, which `python FOLDER` does not
    if sys.flags.safe_path:
        sys.path.insert(0, path)  # what is run is put there all the same
    else:
        sys.path[0] = path
    sys.argv = program
    # It is looked for as a module of that name, which must not be there yet.
    own = sys.modules.pop("__main__")
    try:
        found = _found("__main__", f"cannot find a module __main__ in {path}")
    finally:
        sys.modules["__main__"] = own
    _run_found(session, *found)


def _run_module(session: Session, name: str, arguments: list[str]) -> None:
    sys.argv = ["-m", *arguments]  # until it is found, as `python -m` has it
    spec, code = _found(name, f"cannot run {name}")
    sys.argv[0] = spec.origin or name
    _run_found(session, spec, code)


def _found(name: str, problem: str) -> tuple[ModuleSpec, CodeType]:
    """Find a module to run as `python -m` does, with its warnings."""
    try:
        # The debugger and the profilers of the standard library use it, too.
        _, spec, code = runpy._get_module_details(name, CannotRunError)  # type: ignore[attr-defined]  # noqa: SLF001 - runpy offers it no other way
    except CannotRunError as error:
        raise CannotRunError(f"{problem}: {error}") from None
    return spec, code


def _run_found(session: Session, spec: ModuleSpec, code: CodeType) -> None:
    main_module = _main_module(spec.origin or spec.name, spec, spec.loader)
    session.ran(spec.name, code)
    _execute(code, main_module)


def _main_module(path: str, spec: ModuleSpec | None, loader: object) -> ModuleType:
    """A new `__main__`, in place of this file."""
    module = ModuleType("__main__")
    names = vars(module)  # in the order in which they stand there without us
    names.update(
        __package__=spec.parent if spec is not None else None, __loader__=loader, __spec__=spec
    )
    if sys.version_info < (3, 14):
        names["__annotations__"] = {}
    names.update(
        __builtins__=sys.modules["builtins"],
        __file__=path,
        __cached__=spec.cached if spec is not None else None,
    )
    sys.modules["__main__"] = module
    return module


def _run_function(name: str) -> None:
    module_name, _, path = name.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise CannotRunError(f"cannot run {name}: there is no module {error.name}") from None
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise CannotRunError(f"cannot run {name}: {module_name} has no {path}") from None
    if not callable(found):
        raise CannotRunError(f"cannot run {name}: it cannot be called")
    result = found()
    if isinstance(result, int) and not isinstance(result, bool):
        raise SystemExit(result)


if __name__ == "__main__":
    main()
