"""Which modules are watched."""

import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ungil
from ungil.races.scope import NEVER, Scope, is_stdlib
from ungil.races.settings import Settings

STDLIB = Path(sysconfig.get_path("stdlib"))
PURE = Path(sysconfig.get_path("purelib"))


@pytest.fixture
def project(tmp_path):
    for name in (
        "app/models.py",
        "src/shop/cart.py",
        ".venv/pyvenv.cfg",
        ".venv/lib/own.py",
        "env/lib/python3.13/site-packages/six.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("module", "path", "watched"),
    [
        ("app.models", "app/models.py", True),
        ("shop.cart", "src/shop/cart.py", True),
        ("own", ".venv/lib/own.py", False),
        ("six", "env/lib/python3.13/site-packages/six.py", False),
        ("app.models", "../elsewhere/app/models.py", False),
        ("__main__", "../elsewhere/script.py", True),
        ("app.frozen", "<frozen app>", False),
        ("app.native", None, False),
    ],
)
def test_what_lies_in_the_folder_is_the_projects_own(project, module, path, watched):
    scope = Scope(str(project))
    given = path if path is None or path.startswith("<") else str(project / path)
    assert scope(module, given) is watched


def test_installed_packages_if_they_are_named(project):
    six = str(project / "env/lib/python3.13/site-packages/six.py")
    assert Scope(str(project), ("six",))("six", six)
    assert Scope(str(project), ("six",))("six.moves", six)
    assert not Scope(str(project), ("six",))("sixteen", six)


@pytest.mark.parametrize(
    ("include", "exclude", "watched"),
    [
        ((), ("app",), False),
        ((), ("app.models",), False),
        (("app",), ("app",), False),
        (("app.models",), ("app",), True),
        (("app",), ("app.models",), False),
        ((), ("app.other",), True),
    ],
)
def test_the_longer_name_decides(project, include, exclude, watched):
    scope = Scope(str(project), include, exclude)
    assert scope("app.models", str(project / "app/models.py")) is watched


def test_the_standard_library(project):
    argparse = str(STDLIB / "argparse.py")
    assert not Scope(str(project))("argparse", argparse)
    assert Scope(str(project), include_stdlib=True)("argparse", argparse)
    assert Scope(str(project), ("argparse",))("argparse", argparse)
    assert not Scope(str(project), include_stdlib=True)("numpy", str(PURE / "numpy/__init__.py"))
    assert is_stdlib(argparse)
    assert not is_stdlib(str(PURE / "six.py"))


@pytest.mark.parametrize("name", sorted(NEVER))
def test_what_watches_is_never_watched(project, name):
    scope = Scope(str(project), (name,), include_stdlib=True)
    assert not scope(name, str(STDLIB / f"{name}.py"))
    assert not scope(f"{name}.inner", str(STDLIB / name / "inner.py"))
    assert scope(name, str(project / "app/models.py"))


def test_ungil_itself_is_never_watched_whatever_its_name():
    file = ungil.__file__
    assert not Scope(str(Path(file).parents[2]))("__main__", file)


def test_a_project_inside_of_the_standard_librarys_folder_is_not_it():
    scope = Scope(str(STDLIB), include_stdlib=True)
    assert not scope("six", str(PURE / "six.py"))


def test_installed_commands_are_somebody_elses(project):
    pytest_command = Path(sys.prefix, "bin", "pytest")
    assert not Scope(str(project))("__main__", str(pytest_command))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_folder_by_another_name(project):
    link = project / "link"
    link.symlink_to(project / "app", target_is_directory=True)
    scope = Scope(str(link))
    assert scope("models", str(project / "app/models.py"))
    assert Scope(str(project / "app"))("models", str(link / "models.py"))


def test_relative_paths_are_below_the_working_directory(project, monkeypatch):
    monkeypatch.chdir(project)
    assert Scope(str(project))("app.models", "app/models.py")


names = st.lists(st.sampled_from(["app", "app.models", "requests"])).map(tuple)


@given(
    st.builds(
        Settings,
        st.text(),
        names,
        names,
        st.booleans(),
        st.integers(0),
        st.integers(1),
        st.none() | st.text(),
    )
)
def test_settings_travel_as_json(settings):
    text = settings.to_json()
    assert text.isascii()
    assert "\n" not in text
    assert Settings.from_json(text) == settings
    assert json.loads(text)["folder"] == settings.folder
    assert settings.scope.include == settings.include
