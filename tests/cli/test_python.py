"""`ungil python` as a process: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pretend import interpreter, program, surroundings
from ungil.interpreters import probe

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tools are shell scripts")

HERE = probe(sys.executable)
only_with_the_gil = pytest.mark.skipif(
    HERE.python.free_threaded, reason="the tests run on a free-threaded build"
)


class Machine:
    """A machine with one folder on PATH, whose contents pretend."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.environment = surroundings(folder, self.bin)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ungil", "python", *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ungil(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_list_shows_a_row_for_each(machine: Machine) -> None:
    interpreter(machine.bin / "python3.14t", debug=True, jit=[True, False])
    interpreter(machine.bin / "python3.15t", "3.15.0rc1")
    program(machine.bin / "python3.9", "exit 3")
    (machine.bin / "python3.8").symlink_to("gone")
    done = machine.ungil("list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["version", "build", "GIL", "now", "ABI", "also", "path"]
    assert lines[1].split()[:3] == ["3.15.0rc1", "free-threaded", "off:"]
    assert lines[2].endswith(f"cp314td  debug build, JIT (off)  {machine.bin}/python3.14t")
    assert any(line.endswith(os.fspath(sys.executable)) for line in lines)
    broken = lines[lines.index("Not usable:") + 1 :]
    assert "is a broken link to" in broken[0]
    assert "exit code 3" in broken[1]


@only_with_the_gil
def test_list_says_that_none_is_free_threaded(machine: Machine) -> None:
    done = machine.ungil("list")
    assert done.returncode == 0
    assert "None of them is free-threaded; install one with: ungil python install" in done.stdout


def test_list_for_programs(machine: Machine) -> None:
    interpreter(machine.bin / "python3.14t", configured="--with-thread-sanitizer")
    program(machine.bin / "python3.9", "exit 3")
    done = machine.ungil("list", "--format", "json")
    assert done.returncode == 0
    assert done.stdout.isascii()
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    by_name = {Path(one["path"]).name: one for one in document["interpreters"]}
    assert by_name["python3.14t"] == {
        "path": f"{machine.bin}/python3.14t",
        "usable": True,
        "problem": None,
        "version": "3.14.7",
        "series": "3.14",
        "free_threaded": True,
        "gil_enabled": False,
        "gil_reason": "the default",
        "abi": "cp314t",
        "platform": "linux-x86_64",
        "jit": "none",
        "debug": False,
        "sanitizers": ["thread"],
        "optimizations": [],
    }
    broken = by_name["python3.9"]
    assert not broken["usable"]
    assert "exit code 3" in broken["problem"]
    assert set(broken) == set(by_name["python3.14t"])


def test_hostile_names_and_answers_do_not_act(machine: Machine) -> None:
    folder = machine.folder / "\x1b[2Jevil\udcff"
    interpreter(folder / "python3.14t")
    program(machine.bin / "python3.9", "printf '\\033[31mred\\n' >&2; exit 1")
    machine.environment["PATH"] += f":{folder}"
    for arguments in (["list"], ["list", "--format", "json"]):
        done = machine.ungil(*arguments)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout
    # For scripts, the very bytes.
    raw = subprocess.run(
        [sys.executable, "-m", "ungil", "python", "find", "3.14t"],
        env=machine.environment,
        capture_output=True,
        check=True,
    )
    assert raw.stdout == os.fsencode(folder / "python3.14t") + b"\n"


def test_find_prints_a_path_and_nothing_else(machine: Machine) -> None:
    interpreter(machine.bin / "python3.15t", "3.15.0rc1")
    interpreter(machine.bin / "python3.14t", "3.14.7")
    interpreter(machine.bin / "python3.13t", "3.13.9")
    for arguments, name in [([], "3.14t"), (["3.15t"], "3.15t"), (["3.13t"], "3.13t")]:
        done = machine.ungil("find", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{machine.bin}/python{name}\n"


def test_what_was_found_is_remembered(machine: Machine) -> None:
    machine.ungil("list")
    entries = [p for p in (machine.folder / "cache").rglob("*") if p.is_file()]
    assert entries
    for entry in entries:
        entry.write_bytes(b"\0 damaged")
    assert machine.ungil("list").stdout == machine.ungil("list").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["find", "3.13t"], 1, "ungil python install 3.13t"),
        (["find", "3.8"], 1, "uv python install 3.8"),
        (["find", "three"], 2, "is no Python target"),
        (["find", "3.12t"], 2, "no free-threaded build of 3.12"),
        (["install", "3.14"], 2, "write 3.14t"),
        (["install", "2.7t"], 2, "is no Python target"),
        (["install"], 2, "required: 3.14t"),
        (["verify", "no-such-python"], 2, "name an interpreter"),
        (["verify", "3.13t"], 1, "ungil python install 3.13t"),
        (["verify", "./hangs-not"], 2, "exit code 3"),
        (["list", "--format", "xml"], 2, "invalid choice"),
        ([], 2, "ACTION"),
    ],
)
def test_trouble_is_one_line(
    machine: Machine, arguments: list[str], status: int, says: str
) -> None:
    program(machine.folder / "hangs-not", "exit 3")
    done = machine.ungil(*arguments)
    assert done.returncode == status
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


@only_with_the_gil
def test_a_machine_without_a_free_threaded_one(machine: Machine) -> None:
    for action in ("find", "verify"):
        done = machine.ungil(action)
        assert done.returncode == 1
        assert "there is no free-threaded interpreter on this machine" in done.stderr
        assert "ungil python install" in done.stderr


@only_with_the_gil
def test_verify_says_what_it_saw_of_a_build_with_the_gil(machine: Machine) -> None:
    done = machine.ungil("verify", sys.executable)
    assert done.returncode == 1
    assert "GIL-enabled: Py_GIL_DISABLED is not set" in done.stdout
    assert done.stdout.splitlines()[-1] == "not verified"


@pytest.mark.free_threaded
def test_verify_the_best(tmp_path: Path) -> None:
    environment = os.environ | {"UNGIL_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "ungil", "python", "verify"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # 3 if the machine is busy.
    assert (done.returncode, done.stdout.splitlines()[-1].split()[0]) in {
        (0, "verified"),
        (3, "cannot"),
    }


class TestInstall:
    """uv is told to stay offline, so it is a provider that fails."""

    def pyenv(self, machine: Machine, script: str) -> None:
        for name in ("cc", "make"):
            program(machine.bin / name, "exit 0")
        listing = 'if [ "$2" = --list ]; then echo "  3.14.3t"; exit; fi'
        program(machine.bin / "pyenv", f"{listing}\n{script}")

    def test_a_dry_run_changes_nothing(self, machine: Machine) -> None:
        trace = machine.folder / "trace"
        self.pyenv(machine, f"echo ran > '{trace}'")
        program(machine.bin / "apt-get", f"echo ran > '{trace}'")
        program(machine.bin / "apt-cache", "echo Package: python3.14-nogil")
        done = machine.ungil("install", "3.14t", "--dry-run")
        assert (done.returncode, done.stderr) == (0, "")
        uv, pyenv, conda, apt = done.stdout.splitlines()
        assert uv.startswith("uv: ")
        assert uv.endswith(" python install 3.14t")
        assert pyenv.startswith(f"pyenv: {machine.bin}/pyenv install --skip-existing 3.14.3t")
        assert conda.startswith("conda: cannot: ")
        assert apt.startswith("apt-get: sudo apt-get install python3.14-nogil ")
        assert not trace.exists()
        assert not (machine.folder / "uv").exists()

    @only_with_the_gil
    def test_the_next_provider_is_tried_and_the_result_verified(self, machine: Machine) -> None:
        target = machine.folder / "home/.pyenv/versions/3.14.3t/bin/python3.14t"
        prepared = interpreter(machine.folder / "prepared", "3.14.3", executable=str(target))
        self.pyenv(
            machine,
            f"echo building; /bin/mkdir -p '{target.parent}'; /bin/cp '{prepared}' '{target}'",
        )
        done = machine.ungil("install", "3.14t")
        said = done.stderr.splitlines()
        assert any(line.startswith("ungil: uv could not: ") for line in said)
        assert "building" in said
        assert f"installed by pyenv: CPython 3.14.3 (free-threaded) at {target}" in done.stdout
        # It only says that it is one, and works as the one that runs the tests.
        assert done.returncode == 1

    def test_what_is_there_is_not_installed(self, machine: Machine) -> None:
        interpreter(machine.bin / "python3.14t")
        done = machine.ungil("install", "3.14t")
        assert (done.returncode, done.stderr) == (0, "")
        assert "is already there" in done.stdout

    def test_nothing_worked(self, machine: Machine) -> None:
        trace = machine.folder / "trace"
        self.pyenv(machine, "echo 'error: no space' >&2; exit 1")
        program(machine.bin / "dnf", f"[ \"$1\" = install ] && echo ran > '{trace}'; echo found")
        done = machine.ungil("install", "3.14t")
        assert done.returncode == 1
        assert "ungil: pyenv could not: no space" in done.stderr
        assert "3.14t was not installed" in done.stderr.splitlines()[-1]
        assert done.stdout.startswith("by hand: sudo dnf install python3.14-freethreading ")
        assert not trace.exists()

    def test_an_interruption_is_one_line(self, machine: Machine) -> None:
        trace = machine.folder / "started"
        self.pyenv(machine, f"echo x > '{trace}'; while :; do :; done")
        process = machine.start("install", "3.14t")
        try:
            until = time.monotonic() + 60
            while not trace.exists() and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 130
        assert err.splitlines()[-1] == "ungil: interrupted; the installer was ended as well"
        assert "Traceback" not in err
