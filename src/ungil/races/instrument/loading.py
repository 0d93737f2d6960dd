"""A source -> code whose touches are the watcher's own objects; kept on disk between runs.

The tree holds a marker for each touch. What the compiler makes of it is kept, since
parsing and compiling take the time; when it is loaded, each marker is replaced by what the
watcher wants there, so that telling costs no look-up.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from ungil.races.instrument.nodes import MARK
from ungil.races.instrument.rewrite import Rewritten, rewrite
from ungil.races.trace import Mode, Site, Touch

__all__ = ["Finishing", "Make", "compiled", "placed"]

Make = Callable[[Sequence[Touch]], Sequence[object]]
"""Gives what the calls are to be given, for each touch of a module; it can be hashed."""

Kept = tuple[CodeType, tuple[Touch, ...]]

_DIGEST = hashlib.sha256().digest_size


class Finishing(NamedTuple):
    """What else is done to a module.

    Attributes:
        finish: Changes the tree before it is compiled.
        by: What it does, as far as the result depends on it.
        objects: What it put into the tree, behind what stands for the touches.
    """

    finish: Callable[[Rewritten], None]
    by: str
    objects: tuple[object, ...]


def compiled(
    source: bytes,
    path: str,
    make: Make,
    cache: Path | None,
    finishing: Finishing | None = None,
) -> CodeType:
    """The code of a module that tells of its accesses.

    It gives the warnings that a plain compilation gives, and none if it was kept.

    Args:
        source: Of the whole module.
        path: Of its file, as its code shall name it.
        make: See there.
        cache: A folder of this user's to keep what was compiled in, or none. If it cannot
            be read or written, nothing is kept.
        finishing: What is done to the tree before it is compiled.

    Raises:
        SyntaxError: Of the source.
        RecursionError: It is nested more deeply than can be followed.
        ValueError: It holds a null byte, or the constant that stands for a touch.
    """
    kept = None if cache is None else cache / _key(source, path, finishing)
    found = None if kept is None else _read(kept)
    if found is None:
        made = rewrite(source, path)
        if finishing is not None:
            finishing.finish(made)
        code: CodeType = compile(made.tree, path, "exec", dont_inherit=True)
        found = code, made.touches
        if kept is not None:
            _write(kept, found)
    code, touches = found
    more = () if finishing is None else finishing.objects
    return placed(code, [*make(touches), *more])


def placed(code: CodeType, objects: Sequence[object]) -> CodeType:
    """Code in which the markers are replaced, by their number."""

    def one(constant: object) -> object:
        if isinstance(constant, CodeType):
            return placed(constant, objects)
        if isinstance(constant, tuple) and len(constant) == 2 and constant[0] == MARK:
            return objects[constant[1]]
        return constant

    constants = tuple(one(constant) for constant in code.co_consts)
    if all(new is old for new, old in zip(constants, code.co_consts, strict=True)):
        return code
    return code.replace(co_consts=constants)


def _key(source: bytes, path: str, finishing: Finishing | None) -> str:
    """The name of the file that keeps it: different for all that would be compiled to other."""
    python = (sys.version, sys.flags.optimize, importlib.util.MAGIC_NUMBER)
    by = None if finishing is None else finishing.by
    told = repr((_version(), python, path, by)).encode()
    return hashlib.sha256(told + b"\0" + source).hexdigest()


@cache
def _version() -> bytes:
    """Of the rewriter: its own sources."""
    digest = hashlib.sha256()
    with suppress(OSError):
        for file in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.digest()


def _read(file: Path) -> Kept | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    digest, body = content[:_DIGEST], content[_DIGEST:]
    # marshal trusts what it reads, and a disk may hold half a file.
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        code, plain = marshal.loads(body)  # noqa: S302 - written below, and whole
        return code, tuple(_touch(*one) for one in plain)
    except (EOFError, ValueError, TypeError):
        return None


def _write(file: Path, kept: Kept) -> None:
    code, touches = kept
    try:
        body = marshal.dumps((code, [_plain(touch) for touch in touches]))
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            new.write_bytes(hashlib.sha256(body).digest() + body)
            new.replace(file)
        except OSError:
            new.unlink()
    except (OSError, ValueError):
        return  # then it is compiled again the next time


Plain = tuple[str, int, str, str, str, str, str, tuple[tuple[int, str], ...], bool, bool]


def _plain(touch: Touch) -> Plain:
    site, mode = touch.site, touch.mode.value
    rest = (touch.name, touch.function, touch.after, touch.clears, touch.direct)
    return (site.path, site.line, site.text, touch.form, mode, *rest)


def _touch(
    path: str,
    line: int,
    text: str,
    form: str,
    mode: str,
    name: str,
    function: str,
    after: tuple[tuple[int, str], ...],
    *rest: bool,
) -> Touch:
    return Touch(Site(path, line, text), form, Mode(mode), name, function, after, *rest)
