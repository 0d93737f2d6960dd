"""Blocks of bytes, compressed and hashed: C modules that let the GIL go while they compute."""

from __future__ import annotations

import hashlib
import zlib

PARAMETERS = {"kilobytes": 1_600, "blocks": 64}
QUICK = {"kilobytes": 300}

Result = tuple[bytes, str]


def items(kilobytes: int, blocks: int) -> list[bytes]:
    """Blocks that are neither all alike nor all different."""
    return [_block(number, kilobytes) for number in range(blocks)]


def task(block: bytes) -> Result:
    """What is left of a block, and what it is known by."""
    return zlib.compress(block), hashlib.sha256(block).hexdigest()


def check(results: list[Result], kilobytes: int, blocks: int) -> bool:
    """Does each block come back?"""
    for number, (compressed, digest) in enumerate(results):
        back = zlib.decompress(compressed)
        if back != _block(number, kilobytes) or hashlib.sha256(back).hexdigest() != digest:
            return False
    return len(results) == blocks


def _block(number: int, kilobytes: int) -> bytes:
    kilobyte = b"".join(b"%7d " % (at * at * (number + 1) % 99991) for at in range(128))
    return b"".join(kilobyte[at % 61 :] + kilobyte[: at % 61] for at in range(kilobytes))
