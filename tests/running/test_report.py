"""What `ungil run` reports where nothing can be observed, and what it cannot do."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extensions.building import compile_library
from extensions.modules import STYLES, module
from loopback import LoopbackIndex, wheel
from native import Compiler, multi_phase
from ungil.running import Declarations, judge
from ungil.running.journal import read_journal

GIL_ENABLED = getattr(sys, "_is_gil_enabled", lambda: True)()

pytestmark = pytest.mark.skipif(not GIL_ENABLED, reason="is about GIL-enabled builds")


def codes(done):
    return [finding["code"] for finding in done.report["findings"]]


@pytest.fixture
def demo(runs):
    """A module `demo._core` for this Python, installed as demo 1.0."""
    site = runs.folder / "site-packages"
    site.mkdir()
    path = Compiler(Path(sys.executable), site).build(multi_phase(name="_core"), "demo._core")
    runs.write("site-packages/demo/__init__.py", "from demo import _core\n")
    record = f"demo/__init__.py,,\n{path.relative_to(site).as_posix()},,\n"
    runs.write("site-packages/demo-1.0.dist-info/RECORD", record)
    return {"variables": {"PYTHONPATH": str(site)}}


def test_a_program_without_extension_modules(runs):
    done = runs.ungil("-c", "pass")
    assert codes(done) == []
    assert "This is a GIL-enabled build, whose GIL is always on" in done.report["notes"][-1]


def test_a_module_of_this_build_tells_nothing_of_the_free_threaded_one(runs, demo):
    runs.write("app.py", "def late():\n    import demo\nlate()\n")
    done = runs.ungil("app.py", **demo)
    [finding] = done.report["findings"]
    assert (finding["code"], finding["subject"]) == ("UG302", "demo 1.0")
    assert "demo._core" in finding["message"]
    assert finding["location"] == {"path": "app.py", "line": 2}
    assert [step["text"] for step in finding["steps"]] == [
        "in late imports demo",
        "imports demo._core",
    ]
    assert "ungil check 'demo==1.0'" in finding["remedy"]
    assert done.returncode == 0


def test_what_is_not_known_is_no_success(runs, demo):
    assert runs.ungil("--on-gil=fail", "-c", "import demo", **demo).returncode == 3
    assert runs.ungil("--on-gil=fail", "-c", "pass").returncode == 0
    assert (
        runs.ungil("--on-gil=fail", "-c", "import demo, sys; sys.exit(9)", **demo).returncode == 9
    )


def test_an_ignore_with_a_reason_counts(runs, demo):
    runs.write(
        "pyproject.toml",
        '[[tool.ungil.ignore]]\nrule = "UG302"\ndistribution = "demo"\nreason = "we know"\n'
        '[[tool.ungil.ignore]]\nrule = "UG104"\nreason = "is for check"\n'
        '[[tool.ungil.ignore]]\nrule = "UG300"\nreason = "is for another program"\n',
    )
    done = runs.ungil("--on-gil=fail", "-c", "import demo", **demo)
    assert [(f["code"], f["ignored"]) for f in done.report["findings"]] == [("UG302", "we know")]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("style", "status", "code"), [("slot_not_used", 0, None), ("no_slot", 1, "UG301")]
)
def test_the_wheels_of_a_target_tell(runs, demo, style, status, code):
    with LoopbackIndex(recorded=False) as server:
        binary = compile_library(module(STYLES[style].code, "_core"), compiler="gcc")
        members = {"demo/_core.so": binary}
        machine = os.uname().machine
        server.add(
            "demo",
            f"demo-1.0-cp314-cp314t-manylinux_2_17_{machine}.whl",
            wheel("demo", "1.0", members=members),
            metadata=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        )
        ours = ["--on-gil=fail", "--target", "3.14t", "--index-url", server.url]
        done = runs.ungil(*ours, "-c", "import demo", **demo)
    assert done.returncode == status, done.report
    assert codes(done) == ([code] if code else [])


def test_an_index_that_does_not_answer_leaves_it_unknown(runs, demo):
    ours = ["--target", "3.14t", "--index-url", "http://127.0.0.1:9/simple"]
    done = runs.ungil(*ours, "-c", "import demo; print('ran')", **demo)
    assert (done.stdout, codes(done)) == ("ran\n", ["UG302"])


def test_the_tree_of_imports(runs, demo):
    runs.write("app.py", "import demo\n")
    done = runs.ungil("--trace-imports", "app.py", **demo)
    [root] = done.report["imports"]
    [package] = root["imports"]
    [core] = package["imports"]
    assert (root["name"], package["name"], core["name"]) == ("app.py", "demo", "demo._core")
    assert core["distribution"] == "demo 1.0"
    assert core["module"]["declaration"] == "unknown"
    assert core["seconds"] >= 0


def test_a_module_whose_file_has_gone(runs, demo):
    done = runs.ungil("-c", "import demo._core, os; os.unlink(demo._core.__file__)", **demo)
    [finding] = done.report["findings"]
    assert finding["code"] == "UG302"
    assert "its file is no longer there" in finding["message"]


def test_children_are_watched_whichever_way_they_end(runs, demo):
    runs.write(
        "app.py",
        """
import os, subprocess, sys
child = os.fork()
if not child:
    import demo
    os._exit(0)
os.waitpid(child, 0)
subprocess.run([sys.executable, "-c", "import demo, os; os.abort()"])
""",
    )
    done = runs.ungil("app.py", **demo)
    assert codes(done) == ["UG302"]
    assert any("3 processes" in note for note in done.report["notes"]) or any(
        "by a signal, os._exit or a crash" in note for note in done.report["notes"]
    )


@pytest.mark.parametrize(
    "code",
    [
        "open(path, 'ab').write(b'\\x00\\xff garbage')",
        "open(path, 'ab').write(b'(' * 100_000 + b'\\n')",
        "open(path, 'ab').write(b'x' * 3_000_000)",
        "open(path, 'a').write(\"('start', 1)\\n\")",
        "open(path, 'a').write(\"('module', 1, 2, 3.0)\\n('nothing',)\\n[]\\n7\\n\")",
        "open(path, 'wb').close()",
        "os.unlink(path)",
    ],
)
def test_a_damaged_journal_is_told_of(runs, code):
    done = runs.ungil("-c", f"import os; path = os.environ['UNGIL_JOURNAL']; {code}; print('ran')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    assert set(codes(done)) == {"UG305"}


def test_a_python_that_is_not_watched_is_told_of(runs):
    runs.python = runs.write("python", f'#!/bin/sh\nexec {sys.executable} -I "$@"\n')
    runs.python.chmod(0o755)
    done = runs.ungil("-c", "print('ran')")
    # The interpreter that answers is the one the script leads to, and is run itself.
    assert done.stdout == "ran\n"
    isolated = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', 'print(1)'])"
    assert runs.ungil("-c", isolated).stdout == "1\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to run"),
        (["--on-gil=fail"], "nothing to run"),
        (["--on-gil=never", "x.py"], "invalid choice"),
        (["--pyton=3", "x.py"], "unrecognized arguments: --pyton=3"),
        (["--target", "3.14", "x.py"], "write 3.14t"),
        (["--python", "no-such-python", "x.py"], "no-such-python"),
        (["--python", "3.8t", "x.py"], "no free-threaded build of 3.8"),
        (["--python", os.devnull, "x.py"], "or a series such as 3.14t"),
    ],
)
def test_wrong_use_is_one_line(runs, arguments, words):
    done = runs.start([sys.executable, "-m", "ungil", "run", *arguments])
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_report_that_cannot_be_written_costs_no_exit_status(runs):
    command = [sys.executable, "-m", "ungil", "run", "--python", runs.python]
    command += ["--output", "no/such/folder/report.txt", "-c"]
    for code, status in (("raise SystemExit(7)", 7), ("pass", 2)):
        done = runs.start([*command, code])
        assert done.returncode == status
        assert "report.txt" in done.stderr
        assert done.stderr.count("\n") == 1


def test_without_a_temporary_folder_nothing_is_run(runs):
    code = "import tempfile, sys; tempfile.tempdir = '/no/such/folder'; "
    code += "from ungil.cli import main; sys.exit(main(['run', '-c', 'print(1)']))"
    done = runs.start([sys.executable, "-c", code])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "No such file or directory: /no/such/folder" in done.stderr


def test_the_terminal_report_goes_to_standard_error(runs, demo):
    command = [sys.executable, "-m", "ungil", "run", "--python", runs.python]
    done = runs.start([*command, "-c", "import demo; print('mine')"], **demo)
    assert done.stdout == "mine\n"
    assert "? demo 1.0 switch-unknown UG302" in done.stderr


def test_a_long_chain_of_imports(runs, demo):
    for number in range(300):
        runs.write(f"chain/m{number}.py", f"import chain.m{number + 1}\n")
    runs.write("chain/m300.py", "import demo\n")
    runs.write("app.py", "import sys; sys.setrecursionlimit(100_000)\nimport chain.m0\n")
    for form in ("json", "terminal", "html", "markdown", "sarif", "github"):
        ours = ["--python", runs.python, "--trace-imports", "--format", form]
        done = runs.start([sys.executable, "-m", "ungil", "run", *ours, "app.py"], **demo)
        assert done.returncode == 0
        assert "Traceback" not in done.stderr
        assert "UG302" in done.stderr


LINES = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda value: ascii(value).encode(),
        st.recursive(
            st.none()
            | st.integers()
            | st.text(max_size=5)
            | st.floats()
            | st.booleans()
            | st.sampled_from(["start", "module", "end"]),
            lambda inner: st.lists(inner, max_size=12).map(tuple),
            max_leaves=20,
        ),
    ),
)


@given(st.lists(LINES, max_size=8))
def test_whatever_is_in_the_journal_it_is_read(lines):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal")
        path.write_bytes(b"\n".join(lines))
        journal = read_journal(path)
        report = judge("x", journal, Path(folder), Declarations())
    # It is never taken for a program that was watched and did nothing.
    assert journal.processes or report.findings


def test_on_a_machine_with_gil_enabled_builds_only(runs):
    # No PATH, no version managers: what is left is the Python that runs ungil.
    nowhere = {"PATH": str(runs.folder), "HOME": str(runs.folder), "PYENV_ROOT": str(runs.folder)}
    done = runs.start(
        [sys.executable, "-m", "ungil", "run", "-c", "import sys; print(sys.executable)"],
        variables=nowhere,
    )
    assert (done.stdout, done.returncode) == (f"{sys.executable}\n", 0)
    assert "(GIL-enabled)" in done.stderr
    assert "nothing could be observed" in done.stderr


@pytest.mark.parametrize("ending", ["2>&-", "2>/dev/full", "2>&1 >/dev/null | true"])
def test_nobody_reads_the_report(runs, ending):
    command = f"set -o pipefail; '{sys.executable}' -m ungil run -c 'raise SystemExit(7)' {ending}"
    done = runs.start(["bash", "-c", command])
    assert done.returncode == 7
    assert "Traceback" not in done.stderr


def test_ungil_run_under_ungil_run(runs, demo):
    inner = ["-m", "ungil", "run", "--python", runs.python, "-c", "import demo; print('ran')"]
    done = runs.ungil(*inner, **demo)
    assert done.stdout == "ran\n"
    assert "demo 1.0 switch-unknown UG302" in done.stderr
    assert done.report["subject"] == "ungil"


def test_what_left_the_standard_library_is_no_longer_its_own(runs):
    # As audioop-lts: the package of 3.12's standard library, with a module of its own.
    site = runs.folder / "site-packages"
    site.mkdir()
    Compiler(Path(sys.executable), site).build(multi_phase(name="_audioop"), "audioop._audioop")
    runs.write("site-packages/audioop/__init__.py", "from audioop import _audioop\n")
    code = "import sys; sys.modules.pop('audioop', None); import audioop"
    done = runs.ungil("-c", code, variables={"PYTHONPATH": str(site)})
    assert [f["subject"] for f in done.report["findings"]] == ["audioop._audioop"]


def lines_of(*lines):
    return b"\n".join(ascii(line).encode() for line in lines)


@pytest.mark.parametrize(
    ("later", "codes"),
    [
        # Another thread saw the GIL off before this module had been created, and wrote later.
        (("module", 1, 0, 1.0, "t", "b", "/b.so", 0.1, False, False, [], None), ["UG302"]),
        (("module", 1, 0, 2.0, "t", "b", "/b.so", 0.1, False, False, [], None), ["UG302"]),
        (("module", 1, 0, 3.0, "t", "b", "/b.so", 0.1, False, False, [], None), []),
        (("end", 1, 0, 3.0, False), []),
        (("end", 1, 0, 3.0, True), ["UG302", "UG303"]),
    ],
)
def test_a_module_is_proved_by_what_was_seen_after_it(tmp_path, later, codes):
    path = tmp_path / "journal"
    started = ("start", 1, 0, 0.0, None, "3.14.7", True, False, None)
    created = ("module", 1, 0, 2.0, "t", "a", "/no/such/a.so", 0.1, False, True, [], None)
    path.write_bytes(lines_of(started, created, later))
    report = judge("x", read_journal(path), tmp_path, Declarations())
    assert sorted(f.rule.code for f in report.findings) == codes
