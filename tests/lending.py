"""Pure-Python distributions of this environment, lent to another interpreter."""

import os
from importlib.metadata import distribution
from pathlib import Path


def lend(folder: Path, *names: str) -> Path:
    """Fill a folder, to be put on PYTHONPATH, with links to what is installed here."""
    for name in names:
        found = distribution(name)
        roots = {file.parts[0] for file in found.files or () if file.parts[0] != os.pardir}
        for root in roots - {"__pycache__"}:
            if not (folder / root).exists():
                (folder / root).symlink_to(found.locate_file(root))
    return folder
