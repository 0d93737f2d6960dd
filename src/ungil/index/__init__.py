"""The package index: releases, files and metadata, cached.

    with PackageIndex(IndexSettings.from_environment()) as index:
        project = index.project("numpy")

Everything that goes wrong is a `PackageIndexError` whose message is one line
for the user: what, where, why, and what to do. It never holds credentials.
"""

from ungil.index.fit import fitting_wheels, may_fit, sources
from ungil.index.learnt import Learnt
from ungil.index.model import (
    File,
    Metadata,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
    Release,
    admits,
)
from ungil.index.package_index import PackageIndex
from ungil.index.settings import IndexSettings

__all__ = [
    "File",
    "IndexSettings",
    "Learnt",
    "Metadata",
    "PackageIndex",
    "PackageIndexError",
    "Project",
    "ProjectNotFoundError",
    "Release",
    "admits",
    "fitting_wheels",
    "may_fit",
    "sources",
]
