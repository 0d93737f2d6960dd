import shutil

import pytest
from programs import Programs

from ungil.interpreters import find_free_threaded

VERSIONS = [v for v in ("3.14t", "3.15t") if shutil.which(f"python{v}")]


@pytest.fixture(scope="session", params=VERSIONS)
def programs(request, tmp_path_factory):
    python = find_free_threaded(request.param)
    return Programs.compiled(python.path, tmp_path_factory.mktemp(f"programs-{request.param}"))
