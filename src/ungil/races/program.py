"""Run a program as `python` would, watched; started by `ungil race` in a new process.

python -m ungil.races.program FOLDER SETTINGS -- (SCRIPT | -m MODULE | MODULE:FUNCTION) [ARG …]
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import os
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
        sys.path[0] = str(Path.cwd())
        _run_module(session, name, arguments)
    elif ":" in first and not Path(first).exists():
        sys.path[0] = str(Path.cwd())
        sys.argv = program
        _run_function(first)
    else:
        _run_script(session, first, program)


def _run_script(session: Session, path: str, program: list[str]) -> None:
    if Path(path).is_dir():
        sys.path[0] = path
        path = str(Path(path, "__main__.py"))
    else:
        sys.path[0] = str(Path(path).resolve().parent)
    path = os.path.abspath(path)  # noqa: PTH100 - as the interpreter does, which leaves `..` in no name
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
    main_module = _main_module(path, None, SourceFileLoader("__main__", path))
    sys.argv = program
    exec(session.code(source, path, "__main__"), vars(main_module))  # noqa: S102 - what it is for


def _run_module(session: Session, name: str, arguments: list[str]) -> None:
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, ValueError) as error:
        raise CannotRunError(f"cannot run {name}: {error}") from None
    if spec is None or spec.loader is None or not hasattr(spec.loader, "get_code"):
        raise CannotRunError(f"cannot run {name}: there is no such module to run")
    code: CodeType | None = spec.loader.get_code(spec.name)
    if code is None:
        raise CannotRunError(f"cannot run {name}: it has no code")
    main_module = _main_module(spec.origin or name, spec, spec.loader)
    sys.argv = [spec.origin or name, *arguments]
    session.ran(spec.name, code)
    exec(code, vars(main_module))  # noqa: S102 - what it is for


def _main_module(path: str, spec: ModuleSpec | None, loader: object) -> ModuleType:
    """A new `__main__`, in place of this file."""
    module = ModuleType("__main__")
    vars(module).update(
        __file__=path,
        __spec__=spec,
        __loader__=loader,
        __package__=spec.parent if spec is not None else None,
        __cached__=spec.cached if spec is not None else None,
        __builtins__=sys.modules["builtins"],
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
