"""The user's own index, as it is today."""

from __future__ import annotations

from pathlib import Path

import pytest

from ungil.index import IndexSettings, PackageIndex, ProjectNotFoundError

pytestmark = pytest.mark.live


@pytest.fixture
def index(tmp_path: Path) -> PackageIndex:
    return PackageIndex(IndexSettings.from_environment(cache_dir=tmp_path))


def test_a_project_and_its_metadata(index: PackageIndex) -> None:
    project = index.project("requests")
    release = project.releases[0]
    assert any(f.uploaded for f in release.files)
    assert project.as_of(1_700_000_000).by_version["2.31.0"]
    for file in release.files:
        metadata = index.metadata("requests", release.version, file)
        assert any(text.startswith("urllib3") for text in metadata.requires_dist)


def test_what_nobody_has(index: PackageIndex) -> None:
    with pytest.raises(ProjectNotFoundError):
        index.project("ungil-has-no-project-of-this-name")
