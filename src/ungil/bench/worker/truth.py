"""Are the results of a pass the same as those in serial?"""

from __future__ import annotations

import os
import pickle

from ungil.bench.worker.arms import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["compare", "keep"]


def keep(results: Sequence[Any], path: str) -> bool:
    """Keep the results for other processes of this interpreter.

    Args:
        results: Those in serial.
        path: Where; nothing is written there if it cannot be.

    Returns:
        False if they cannot be pickled.

    Raises:
        OSError: There is no room.
    """
    try:
        # One by one, so that what several results have in common counts in none of them.
        kept = pickle.dumps([pickle.dumps(one) for one in results])
    except Exception:  # noqa: BLE001 - the user's objects may raise anything
        return False
    beside = f"{path}.new"
    with open(beside, "wb") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
        file.write(kept)
    os.replace(beside, path)  # noqa: PTH105 - pathlib would be the largest thing imported here
    return True


def compare(results: Sequence[Any], path: str) -> str:
    """What is different from what was kept; empty if nothing is.

    Only what this very request's serial run has written is unpickled.

    Raises:
        OSError: Nothing was kept.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
        kept: list[bytes] = pickle.load(file)  # noqa: S301 - written by `keep`, in a folder that is the user's alone
    if len(kept) != len(results):
        return f"{len(results)} results instead of {len(kept)}"
    other = [
        at for at, (one, old) in enumerate(zip(results, kept, strict=True)) if _other(one, old)
    ]
    if not other:
        return ""
    at = other[0]
    was = pickle.loads(kept[at])  # noqa: S301 - written by `keep`, in a folder that is the user's alone
    return (
        f"{len(other)} of {len(results)} results; the first is that of item {at}: "
        f"{_shown(results[at])} instead of {_shown(was)}"
    )


def _other(result: object, kept: bytes) -> bool:
    try:
        pickled = pickle.dumps(result)
        if pickled == kept:
            return False
        # What went through another process has been pickled once more, which changes what
        # objects have in common, and so their bytes.
        again, was = pickle.loads(pickled), pickle.loads(kept)  # noqa: S301 - written here, and by `keep`
        if pickle.dumps(again) == pickle.dumps(was):
            return False
        return bool(again != was)
    except Exception:  # noqa: BLE001 - an array has no truth value; then its bytes decide
        return True


def _shown(result: object) -> str:
    text = result.text if isinstance(result, Failed) else repr(result)
    return text if len(text) <= 80 else f"{text[:80]}…"
