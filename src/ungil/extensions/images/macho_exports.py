"""The trie of a Mach-O file's exported names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ungil.extensions.images.macho_stream import Stream
from ungil.extensions.model import BinaryError

__all__ = ["exported"]

_KIND, _REGULAR = 3, 0
_REEXPORT, _STUB_AND_RESOLVER = 8, 16


def exported(trie: bytes, prefixes: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
    """Names that start with one of the prefixes, and their offsets from the header.

    Only the edges that lead to such names are followed. What is re-exported,
    absolute, thread-local or found by a resolver has no address here.

    Raises:
        BinaryError: The trie is damaged.
    """
    todo = [(0, b"")] if trie else []
    left = len(trie)
    while todo:
        node, name = todo.pop()
        stream = Stream(trie, node)
        size = stream.uleb()
        children = stream.position + size
        if size and name.startswith(tuple(prefixes)):
            flags = stream.uleb()
            if flags & (_KIND | _REEXPORT | _STUB_AND_RESOLVER) == _REGULAR:
                yield name, stream.uleb()
        stream.position = children
        for _ in range(stream.byte()):
            longer = name + stream.string()
            child = stream.uleb()
            if any(longer.startswith(p) or p.startswith(longer) for p in prefixes):
                todo.append((child, longer))
        left -= stream.position - node
        if left < 0:  # a node was met again
            raise BinaryError("the Mach-O export trie is damaged")
