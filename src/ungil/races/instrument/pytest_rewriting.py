"""Test modules that tell of their accesses, and explain their assertions as ever.

pytest compiles test modules itself, to take their assertions apart. Ours must come first,
since it knows a method and a truth test only while they stand in one expression; then
pytest is taught to look through our calls, so that what it says of an assertion that
failed is the same to the letter.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

from ungil.races.instrument.hook import Scope, Told
from ungil.races.instrument.loading import Finishing, Make, compiled
from ungil.races.instrument.nodes import Touched, WatchedName, marker
from ungil.races.instrument.rewrite import Rewritten

if TYPE_CHECKING:
    from _pytest.assertion.rewrite import AssertionRewriter, AssertionRewritingHook

Trace = Callable[[str], None]

__all__ = ["watch_tests", "watched_test"]


def watch_tests(
    scope: Scope,
    make: Make,
    cache: Path | None = None,
    first: Finishing | None = None,
    *,
    told: Told = lambda _module, _reason: None,
    passed: Callable[[str], None] = lambda _module: None,
    done: Callable[[str], None] = lambda _module: None,
) -> Callable[[], None]:
    """Let the test modules that pytest will import tell of their accesses.

    Those in scope come neither from pytest's own cache nor into it.

    Args:
        scope: As `Hook` has them all.
        make: Likewise.
        cache: Likewise.
        first: What is done to each before pytest takes it apart.
        told: Likewise.
        passed: Likewise.
        done: Likewise.

    Returns:
        What lets pytest do as before.
    """
    from _pytest.assertion import rewrite  # noqa: PLC0415 - only where pytest runs

    hook, rewriter = rewrite.AssertionRewritingHook, rewrite.AssertionRewriter
    plain_module, plain_read = hook.create_module, rewrite._read_pyc  # noqa: SLF001
    imported: dict[str, tuple[str, AssertionRewritingHook]] = {}

    def create_module(self: AssertionRewritingHook, spec: ModuleSpec) -> ModuleType | None:
        if spec.origin is not None:
            imported[spec.origin] = spec.name, self
        return plain_module(self, spec)

    # Here it comes for the code, and rewrites the module only if it gets none. So nothing of
    # ours is in the traceback of a module that fails.
    def read(source: Path, pyc: Path, trace: Trace = lambda _: None) -> CodeType | None:
        path = str(source)
        name, self = imported.get(path, ("", None))
        if self is None or not scope(name, path):
            passed(name)
            return plain_read(source, pyc, trace)
        code, reason = _code(self, source, make, cache, first, partial(done, name))
        if code is None:
            # What is wrong with a source, pytest will say.
            if not reason.startswith("SyntaxError"):
                told(name, reason)
            return plain_read(source, pyc, trace)
        return code

    hook.create_module = create_module  # type: ignore[method-assign]
    rewrite._read_pyc = read  # noqa: SLF001
    hook._ungil_hook = True  # type: ignore[attr-defined]  # noqa: SLF001 - for `Hook`
    looking = ExitStack()
    looking.enter_context(_looking_through(rewriter))

    def restore() -> None:
        looking.close()
        hook.create_module = plain_module  # type: ignore[method-assign]
        rewrite._read_pyc = plain_read  # noqa: SLF001
        del hook._ungil_hook  # type: ignore[attr-defined]  # noqa: SLF001

    return restore


def watched_test(
    loader: object, file: Path, make: Make, cache: Path | None, first: Finishing | None
) -> CodeType | None:
    """The code of a module that was imported, if it is one that pytest has taken apart.

    Args:
        loader: Of the module.
        file: Its source.
        make: As `Hook` has them.
        cache: Likewise.
        first: What is done to it before pytest takes it apart.

    Returns:
        None if it is not, or cannot be had.
    """
    rewrite = sys.modules.get("_pytest.assertion.rewrite")
    if rewrite is None or not isinstance(loader, rewrite.AssertionRewritingHook):
        return None
    with _looking_through(rewrite.AssertionRewriter):
        code, _ = _code(loader, file, make, cache, first, lambda: None)
    return code


@contextmanager
def _looking_through(rewriter: type[AssertionRewriter]) -> Iterator[None]:
    """Teach pytest to, unless it was."""
    visitors = {"visit_Touched": _visit_touched, "visit_WatchedName": _visit_watched_name}
    new = [name for name in visitors if not hasattr(rewriter, name)]
    for name in new:
        setattr(rewriter, name, visitors[name])
    try:
        yield
    finally:
        for name in new:
            delattr(rewriter, name)


def _code(
    hook: AssertionRewritingHook,
    file: Path,
    make: Make,
    cache: Path | None,
    first: Finishing | None,
    done: Callable[[], None],
) -> tuple[CodeType | None, str]:
    """The code of a test module, or none and the reason."""
    from _pytest.assertion import rewrite  # noqa: PLC0415

    try:
        source = file.read_bytes()

        def finish(made: Rewritten) -> None:
            if first is not None:
                first.finish(made)
            rewrite.rewrite_asserts(made.tree, source, str(file), hook.config)
            made.tree.body.append(_calling(len(made.touches)))

        passes = bool(hook.config.getini("enable_assertion_pass_hook"))
        before = "" if first is None else first.by
        finishing = Finishing(finish, f"{rewrite.PYTEST_TAG} {passes} {before}", (done,))
        return compiled(source, str(file), make, cache, finishing), ""
    except OSError as error:
        return None, f"it cannot be read: {error}"
    # Whatever a source may be, the tests must run as they do without us.
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}"


def _calling(number: int) -> ast.stmt:
    """A statement that calls what stands for a number; the compiler would warn of a plain call."""
    method = ast.Attribute(marker(number), "__call__", ast.Load())
    return ast.fix_missing_locations(ast.Expr(ast.Call(method, [], [])))


def _visit_touched(self: AssertionRewriter, node: Touched) -> tuple[ast.expr, str]:
    """Evaluated once, and explained as the expression that it stands around."""
    first, *rest = node.args
    value, explanation = self.visit(first)
    told = ast.copy_location(Touched(node.func, [value, *rest], []), node)
    return self.assign(told), explanation


def _visit_watched_name(self: AssertionRewriter, node: WatchedName) -> tuple[ast.expr, str]:
    _, explanation = self.visit(node.orelse)
    return self.assign(node), explanation
