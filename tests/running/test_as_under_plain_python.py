"""A program behaves under `ungil run` as it does under plain python."""

import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="is about POSIX")

# The environment differs by what starts the watch, and only by that.
FACTS = """
import json, os, sys
ours = {"UNGIL_JOURNAL", "UNGIL_ON_GIL", "PYTHONPATH"}
print(json.dumps({
    "argv": sys.argv,
    "name": __name__,
    "file": globals().get("__file__"),
    "package": __package__,
    "spec": getattr(__spec__, "name", None),
    "path": sys.path,
    "meta_path": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
    "flags": str(sys.flags),
    "prefix": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable],
    "environment": {k: v for k, v in sorted(os.environ.items()) if k not in ours},
    "folder": os.getcwd(),
    "stdin": sys.stdin.read(),
}, indent=1))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["script.py"],
        ["./script.py", "a b", "--python", "-m", "--", "*"],
        ["-m", "package.module", "-x"],
        ["-mpackage.module"],
        ["-m", "package"],
        ["-c", "exec(open('script.py').read())", "-c"],
        ["folder"],
        ["archive.zip", "x"],
    ],
)
def test_what_a_program_can_see_of_itself(runs, arguments):
    for name in ("script.py", "package/module.py", "package/__main__.py", "folder/__main__.py"):
        runs.write(name, FACTS)
    runs.write("package/__init__.py", "")
    with zipfile.ZipFile(runs.folder / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", FACTS)
    plain = runs.plain(*arguments, input="some\ninput")
    watched = runs.ungil(*arguments, input="some\ninput")
    assert plain.returncode == 0, plain.stderr
    assert (watched.stdout, watched.stderr, watched.returncode) == (plain.stdout, "", 0)
    assert watched.report["subject"] == (
        "-c" if arguments[0] == "-c" else arguments[arguments[0] == "-m"].removeprefix("-m")
    )


def test_a_program_on_standard_input(runs):
    watched = runs.ungil("-", "argument", input="import sys; print(sys.argv, __name__)")
    assert watched.stdout == "['-', 'argument'] __main__\n"


def test_pythonpath_goes_on_to_hold(runs):
    runs.write("elsewhere/mine.py", "print('found')")
    watched = runs.ungil("-c", "import mine", variables={"PYTHONPATH": "elsewhere"})
    assert watched.stdout == "found\n"


def test_the_environments_own_sitecustomize_runs(runs):
    runs.write("elsewhere/sitecustomize.py", "import sys; sys.mine = __name__, __file__")
    how = {"variables": {"PYTHONPATH": "elsewhere"}}
    code = "import sys; print(sys.mine, sys.modules['sitecustomize'].__file__)"
    plain = runs.plain("-c", code, **how)
    assert plain.returncode == 0
    assert runs.ungil("-c", code, **how).stdout == plain.stdout


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(3)",
        "import sys; sys.exit('a message')",
        "import os; os._exit(5)",
        "1 / 0",
        "import no_such_module",
        "import broken",
        "import broken_outer",
        "import sys; sys.meta_path.clear(); import colorsys",
        "import sys; sys.meta_path = None; import math; print(math.pi)",
        "import not_an_extension",
        "import threading; threading.Thread(target=lambda: 1 / 0).start()",
        "import os, sys; os.closerange(3, 100); sys.stdout.flush(); import _json; print(1)",
        "import sys\ndef f(): f()\nf()",
        "import warnings; warnings.warn('mine', RuntimeWarning)",
    ],
)
def test_output_and_exit_status(runs, code):
    runs.write("broken.py", "import os\nraise KeyError('in import')")
    runs.write("broken_outer.py", "import broken")
    suffix = __import__("importlib.machinery").machinery.EXTENSION_SUFFIXES[0]
    runs.write(f"not_an_extension{suffix}", "no binary")
    plain, watched = runs.plain("-c", code), runs.ungil("-c", code)
    assert watched.returncode == plain.returncode
    assert watched.stdout == plain.stdout
    assert watched.stderr == plain.stderr
    assert watched.report is not None


@pytest.mark.parametrize("arguments", [["missing.py"], ["-m", "missing"], ["-c", "x ="]])
def test_what_cannot_be_run(runs, arguments):
    plain, watched = runs.plain(*arguments), runs.ungil(*arguments)
    assert plain.returncode != 0
    assert (watched.returncode, watched.stderr) == (plain.returncode, plain.stderr)


@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGABRT", "SIGSEGV", "SIGINT"])
def test_the_signal_that_ended_it(runs, name):
    number = getattr(signal, name)
    code = f"import os, signal; signal.signal({number}, 0) if {number} != 9 else 0; "
    watched = runs.ungil("-c", code + f"os.kill(os.getpid(), {number})")
    assert watched.returncode == -number
    assert watched.report is not None


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGUSR1"])
def test_a_signal_reaches_the_program(runs, name):
    script = runs.write(
        "waits.py",
        f"""
import os, signal, time
def handler(number, frame):
    os.write(1, f"got {{signal.Signals(number).name}}\\n".encode())
    os._exit(9)
signal.signal(signal.{name}, handler)
os.write(1, b"ready\\n")
time.sleep(60)
""",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "ungil", "run", "--python", runs.python, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=runs.folder,
        env=runs.environment(),
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, name))
        output, errors = process.communicate(timeout=60)
    assert (output, process.returncode) == (f"got {name}\n", 9), errors
    assert "Traceback" not in errors


@posix
def test_an_interruption_from_the_terminal_is_the_programs_affair(runs):
    script = runs.write(
        "waits.py",
        """
import os, time
try:
    os.write(1, b"ready\\n")
    time.sleep(60)
except KeyboardInterrupt:
    os.write(1, b"interrupted\\n")
""",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "ungil", "run", "--python", runs.python, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=runs.folder,
        env=runs.environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        output, errors = process.communicate(timeout=60)
    assert (output, process.returncode) == ("interrupted\n", 0)
    assert "Traceback" not in errors


@posix
def test_what_is_ignored_stays_ignored(runs):
    code = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    command = [sys.executable, "-m", "ungil", "run", "--python", runs.python, "-c", code]
    quoted = " ".join(f"'{part}'" for part in command)
    done = runs.start(["sh", "-c", f"trap '' HUP; {quoted}"])
    assert done.stdout == "True\n"


@posix
def test_a_daemon_goes_on_after_the_report(runs):
    runs.write(
        "daemon.py",
        """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
os.closerange(0, 100)
os.chdir("/")
time.sleep(0.5)
import _json  # which tells the watch, whose journal has gone by then
with open(sys.argv[1], "w") as stream:
    stream.write("done")
""",
    )
    end = runs.folder / "end"
    assert runs.ungil("daemon.py", str(end)).returncode == 0
    deadline = time.monotonic() + 30
    while not (end.exists() and end.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert end.read_text() == "done"
