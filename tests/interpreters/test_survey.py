"""All interpreters of a machine, most of which are not what they seem."""

from __future__ import annotations

import os
import shutil
import struct
import sys
import threading
import time
import venv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pretend import interpreter, program, surroundings
from ungil.interpreters import Gil, Interpreter, Known, Unusable, best, survey
from ungil.target import PythonVersion, parse_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script as a program")

SLEEP, YES = shutil.which("sleep"), shutil.which("yes")  # PATH has neither in these tests


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for key in set(os.environ):
        if key.startswith(("PYTHON", "PYENV", "ASDF", "RYE")):
            monkeypatch.delenv(key)
    for key, value in surroundings(tmp_path, folder).items():
        monkeypatch.setenv(key, value)
    return folder


def below(folder: Path, **options: object) -> dict[str, Interpreter | Unusable]:
    """What is found there, by name, in order."""
    rows = survey(**options)
    return {row.path.name: row for row in rows if folder in row.path.parents}


def test_the_newest_first_and_what_is_broken_last(bin_: Path) -> None:
    program(bin_ / "python3.9", "exit 3")
    interpreter(bin_ / "python3.13t", "3.13.2")
    interpreter(bin_ / "python3.14", "3.14.7", free_threaded=False, gil_enabled=True)
    interpreter(bin_ / "python3.14t", "3.14.7")
    interpreter(bin_ / "python3.15t", "3.15.0rc1")
    assert list(below(bin_)) == [
        "python3.15t",
        "python3.14t",
        "python3.14",
        "python3.13t",
        "python3.9",
    ]


def test_what_is_broken_says_how(bin_: Path) -> None:
    program(bin_ / "python3.1", "kill -SEGV $$")
    program(bin_ / "python3.2", "echo nonsense")
    program(bin_ / "python3.3", "echo 'libpython3.3.so: no such file' >&2; exit 127")
    program(bin_ / "python3.4", f"exec {SLEEP} 60")
    program(bin_ / "python3.5", f"exec {YES}")
    (bin_ / "python3.6").symlink_to(bin_ / "gone")
    (bin_ / "python3.7").symlink_to(bin_ / "python3.7")
    interpreter(bin_ / "python3.8", "3.10.14", implementation="PyPy", implementation_version="7.3")
    interpreter(bin_ / "python2.7", "2.7.18")
    wrong = 183 if os.uname().machine == "x86_64" else 62
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, wrong, 1) + bytes(40)
    (bin_ / "python3.10").write_bytes(header)
    (bin_ / "python3.10").chmod(0o755)
    (bin_ / "python3.11").write_bytes(b"neither\0a program nor a script")
    (bin_ / "python3.11").chmod(0o755)
    program(bin_ / "python3.12", "").write_text("#!/no/such/shell\n")
    start = time.monotonic()
    found = below(bin_, seconds=2)
    assert time.monotonic() - start < 30
    assert all(isinstance(row, Unusable) for row in found.values())
    says = {name: row.reason for name, row in found.items() if isinstance(row, Unusable)}
    expected = {
        "python3.1": "signal SIGSEGV",
        "python3.2": "does not answer like a Python",
        "python3.3": "exit code 127 (libpython3.3.so: no such file)",
        "python3.4": "the time limit of 2 s",
        "python3.5": "endless output",
        "python3.6": "is a broken link to",
        "python3.7": "is a broken link to",
        "python3.8": "is PyPy 7.3 (Python 3.10.14), which is no CPython",
        "python2.7": "is Python 2.7.18, which is too old",
        "python3.10": "it was made for",
        "python3.11": "it is no program of this machine",
        "python3.12": "the interpreter or loader that it names is missing",
    }
    assert set(says) == set(expected)
    for name, part in expected.items():
        assert part in says[name]
        assert "\n" not in says[name]


def test_one_row_for_all_names_of_a_program(bin_: Path) -> None:
    real = Path(os.path.realpath(sys.executable))
    for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
        (bin_ / name).symlink_to(real)
    rows = [r for r in survey() if os.path.realpath(r.path) == str(real)]
    mine = [row.path.name for row in rows if row.path.parent == bin_]
    assert mine == [f"python3.{sys.version_info[1]}"]


def test_links_within_a_folder_are_one_and_in_two_folders_are_two(
    bin_: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter(bin_ / "python3.14t")
    (bin_ / "python3.14").hardlink_to(bin_ / "python3.14t")
    assert list(below(bin_)) == ["python3.14t"]


def test_a_virtual_environment_is_its_own(
    bin_: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        venv.EnvBuilder(symlinks=True).create(tmp_path / name)
    folders = [tmp_path / "one" / "bin", tmp_path / "two" / "bin"]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    found = [row.path.parent for row in survey() if row.path.parent in folders]
    assert found == folders


def test_a_launcher_of_what_is_there_has_no_row(bin_: Path) -> None:
    target = interpreter(bin_ / "python3.14t")
    program(bin_ / "python3", f"exec '{target}' \"$@\"")
    assert list(below(bin_)) == ["python3.14t"]


def test_a_launcher_of_what_is_elsewhere_shows_that(bin_: Path, tmp_path: Path) -> None:
    target = interpreter(tmp_path / "elsewhere" / "python3.14t")
    for name in ("python", "python3"):
        program(bin_ / name, f"exec '{target}' \"$@\"")
    assert [row.path for row in survey() if tmp_path in row.path.parents] == [target]


def test_version_managers_are_looked_into_and_their_launchers_are_not_run(
    bin_: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    root = tmp_path / "manager"
    program(root / "shims" / "python3.14t", f"echo ran > '{trace}'; exit 127")
    interpreter(root / "versions" / "3.14.7t" / "bin" / "python3.14t")
    monkeypatch.setenv("PATH", str(root / "shims"))
    found = [row for row in survey() if root in row.path.parents]
    assert [str(row.path.relative_to(root)) for row in found] == [
        "versions/3.14.7t/bin/python3.14t"
    ]
    assert not trace.exists()


def test_a_folder_that_is_only_called_so_is_no_folder_of_launchers(
    tmp_path: Path, bin_: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter(tmp_path / "shims" / "python3.14t")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    assert list(below(tmp_path / "shims")) == ["python3.14t"]


def test_conda_says_where_its_environments_are(bin_: Path, tmp_path: Path) -> None:
    env = tmp_path / "envs" / "free"
    interpreter(env / "bin" / "python")
    listing = tmp_path / "home" / ".conda" / "environments.txt"
    listing.parent.mkdir(parents=True)
    listing.write_text(f"relative\n\n{tmp_path}/gone\n{env}\n")
    assert list(below(env)) == ["python"]


def test_what_only_looks_like_one_is_not_run(bin_: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    names = "python-config python3.14-config python3.14-gdb.py pythonw python.sh python3.14.bak"
    for name in names.split():
        program(bin_ / name, f"echo ran > '{trace}'")
    (bin_ / "python3.14").write_text("#!/bin/sh\n")  # may not be executed
    (bin_ / "python3").mkdir()
    assert not below(bin_)
    assert not trace.exists()


def test_a_name_that_says_another_series_is_not_asked(bin_: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    program(bin_ / "python3.9", f"echo ran > '{trace}'")
    interpreter(bin_ / "python3.14t")
    assert list(below(bin_, python=parse_python("3.14t"))) == ["python3.14t"]
    assert not trace.exists()


@pytest.mark.parametrize(
    ("value", "changes", "gil"),
    [
        (None, {}, "off: the default"),
        ("0", {"gil_flag": 0}, "off: PYTHON_GIL=0"),
        ("1", {"gil_flag": 1, "gil_enabled": True}, "on: PYTHON_GIL=1"),
        ("0", {"gil_flag": 1, "gil_enabled": True, "gil_option": "1"}, "on: -X gil=1"),
        (None, {"gil_enabled": True}, "on: something switched it on at the start"),
        (None, {"free_threaded": False, "gil_enabled": True}, "on: the build"),
    ],
)
def test_why_the_gil_is_as_it_is(
    bin_: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, changes: dict, gil: str
) -> None:
    if value is not None:
        monkeypatch.setenv("PYTHON_GIL", value)
    interpreter(bin_ / "python3.14t", **changes)
    assert str(below(bin_)["python3.14t"].gil) == gil


def test_a_build_that_does_not_start_as_things_are(
    bin_: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_GIL", "0")
    path = interpreter(bin_ / "python3.14", free_threaded=False, gil_enabled=True)
    fatal = "Fatal Python error: config_read_gil: not supported by this build"
    text = path.read_text().replace(
        "#!/bin/sh\n", f"#!/bin/sh\n[ -z \"$PYTHON_GIL\" ] || {{ echo '{fatal}' >&2; exit 1; }}\n"
    )
    path.write_text(text)
    gil = below(bin_)["python3.14"].gil
    assert gil == Gil(None, "does not start with PYTHON_GIL=0: not supported by this build")


def test_how_it_was_built(bin_: Path) -> None:
    interpreter(
        bin_ / "python3.14t",
        debug=True,
        jit=[True, False],
        configured="'--enable-optimizations' '--with-thread-sanitizer'",
        compiled="-O2 -fsanitize=address,undefined",
    )
    interpreter(bin_ / "python3.13t", "3.13.2", jit=None, configured="--enable-experimental-jit")
    found = below(bin_)
    one = found["python3.14t"]
    assert (one.abi, one.jit, one.optimizations) == ("cp314td", "off", ("pgo",))
    assert one.sanitizers == ("address", "thread", "undefined")
    assert not one.plain
    assert found["python3.13t"].jit == "on"


class TestMemory:
    """What is remembered, and when it counts."""

    def real(self, bin_: Path) -> Path:
        """A program that is no script, and that tells how often it ran."""
        path = bin_ / f"python3.{sys.version_info[1]}"
        shutil.copy(os.path.realpath(sys.executable), path)
        return path

    def test_a_program_is_asked_once(self, bin_: Path, tmp_path: Path) -> None:
        path = self.real(bin_)
        memory = Known(tmp_path / "cache")
        first = below(bin_, memory=memory)
        path.chmod(0o111)  # still there, with the same time and size
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        again = below(bin_, memory=Known(tmp_path / "cache"), seconds=0)
        assert list(first) == list(again)

    def test_a_changed_program_is_asked_again(self, bin_: Path, tmp_path: Path) -> None:
        path = self.real(bin_)
        memory = Known(tmp_path / "cache")
        below(bin_, memory=memory)
        os.utime(path, ns=(1, 1))
        assert isinstance(below(bin_, memory=memory, seconds=0)[path.name], Unusable)

    def test_another_value_of_the_variable_is_another_question(
        self, bin_: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = self.real(bin_)
        memory = Known(tmp_path / "cache")
        below(bin_, memory=memory)
        monkeypatch.setenv("PYTHON_GIL", "1")
        assert isinstance(below(bin_, memory=memory, seconds=0)[path.name], Unusable)

    def test_scripts_and_failures_are_asked_again(self, bin_: Path, tmp_path: Path) -> None:
        count = tmp_path / "count"
        interpreter(bin_ / "python3.14t")
        text = (bin_ / "python3.14t").read_text()
        (bin_ / "python3.14t").write_text(text.replace("\n", f"\necho x >> '{count}'\n", 1))
        program(bin_ / "python3.9", f"echo x >> '{count}'; exit 1")
        for _ in range(2):
            below(bin_, memory=Known(tmp_path / "cache"))
        assert len(count.read_text().split()) == 4

    @pytest.mark.parametrize("damage", [b"", b"x" * 50, b"\xff" * 5000])
    def test_a_damaged_entry_is_written_anew(
        self, bin_: Path, tmp_path: Path, damage: bytes
    ) -> None:
        path = self.real(bin_)
        first = below(bin_, memory=Known(tmp_path / "cache"))
        entries = [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
        assert entries
        for entry in entries:
            entry.write_bytes(damage)
        assert below(bin_, memory=Known(tmp_path / "cache")) == first
        assert (
            below(bin_, memory=Known(tmp_path / "cache"), seconds=0)[path.name] == first[path.name]
        )

    def test_nowhere_to_write_is_no_trouble(self, bin_: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        interpreter(bin_ / "python3.14t")
        assert below(bin_, memory=Known(tmp_path / "file"))


def test_an_interruption_does_not_wait_for_what_hangs(bin_: Path) -> None:
    for minor in range(5):
        program(bin_ / f"python3.{minor}", f"exec {SLEEP} 60")

    def interrupt(_what: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    interpreter(bin_ / "python")  # the first one to be asked
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        survey(progress=interrupt, seconds=60)
    assert time.monotonic() - start < 20
    assert threading.active_count() < 20


versions = st.builds(
    lambda minor, micro, pre: f"3.{minor}.{micro}{pre}",
    st.integers(13, 16),
    st.integers(0, 12),
    st.sampled_from(["", "a1", "b2", "rc1"]),
)


def made(release: str, free_threaded: bool, debug: bool, number: int) -> Interpreter:
    python = PythonVersion(3, int(release.split(".")[1]), free_threaded)
    gil = Gil(not free_threaded, "")
    return Interpreter(Path(f"/{number}"), python, release, "linux", (), gil, debug)


interpreters = st.lists(st.tuples(versions, st.booleans(), st.booleans()), max_size=12).map(
    lambda some: [made(*one, number) for number, one in enumerate(some)]
)


@settings(max_examples=60)
@given(interpreters, st.sampled_from([None, "3.14t", "3.14", "3.15t"]))
def test_nothing_is_better_than_the_best(rows: list[Interpreter], version: str | None) -> None:
    wanted = parse_python(version) if version else None
    fitting = [
        r for r in rows if (r.python.free_threaded if wanted is None else r.python == wanted)
    ]
    found = best([Unusable(Path("/x"), "is broken"), *rows], wanted)
    if found is None:
        assert not fitting
        return
    assert found in fitting
    for other in fitting:
        if other.plain != found.plain:
            assert found.plain
        elif other.version.is_prerelease != found.version.is_prerelease:
            assert not found.version.is_prerelease
        else:
            assert other.version <= found.version
            assert other.version < found.version or rows.index(other) >= rows.index(found)
