"""`ungil race` as a process, from a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

RACY = """
    import sys
    import threading

    class Counter:
        def __init__(self): self.n = 0

        def add(self):
            self.n += 1{comment}

    counter = Counter()
    threads = [threading.Thread(target=counter.add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("counted", *sys.argv[1:])
    {ending}
"""
FINE = """
    import threading

    def work():
        print("worked")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    {ending}
"""


class Races:
    def __init__(self, folder):
        self.folder = folder

    def write(self, name, text, **parts):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            textwrap.dedent(text).lstrip().format(**{"comment": "", "ending": "", **parts})
        )
        return path

    def command(self, *arguments):
        return [sys.executable, "-m", "ungil", "race", *arguments]

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONSTARTUP", "COLUMNS"}}
        return kept | {"UNGIL_CACHE_DIR": str(self.folder / "cache")}

    def run(self, *arguments, **how):
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            **how,
        )

    def report(self, *arguments, **how):
        """The process, and its report."""
        done = self.run("--format", "json", "--output", "report.json", *arguments, **how)
        return done, json.loads((self.folder / "report.json").read_text("utf-8"))


@pytest.fixture
def races(tmp_path):
    return Races(tmp_path)


def codes(report, *, ignored=False):
    return [
        f["code"]
        for f in report["findings"]
        if f["severity"] != "note" and (f["ignored"] is None or ignored)
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "nothing to run; name a script, -m MODULE or package.module:function"),
        (["missing.py"], "there is no file missing.py"),
        (["missing:main"], "there is no module 'missing'"),
        (["-m", "missing"], "there is no module 'missing'"),
        (["-mmissing.part"], "there is no module 'missing'"),
        (["-m"], "-m needs the name of a module"),
        (["-c", "pass"], "-c is not watched"),
        (["-"], "standard input is not watched"),
        (["--include", "a-b", "app.py"], "'a-b' is no package"),
        (["--together", "0", "app.py"], "'0' is no whole number of 1 or more"),
        (["--history", "many", "app.py"], "'many' is no whole number"),
        (["--fail-on", "unknown", "app.py"], "invalid choice"),
        (["--inclde", "app", "app.py"], "unrecognized arguments"),
        (["--output", "no/such/folder/x", "app.py"], "no/such/folder"),
    ],
)
def test_wrong_use_is_one_line(races, arguments, says):
    races.write("app.py", FINE)
    done = races.run(*arguments)
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("inclde = ['app']", "did you mean 'include'"),
        ("include = 'app'", "must be a list of texts"),
        ("exclude = ['a/b']", "'a/b' is no package"),
        ("include-stdlib = 1", "true or false"),
        ("history = -1", "a whole number of 0 or more"),
        ("together = true", "a whole number of 1 or more"),
    ],
)
def test_a_configuration_that_cannot_be_meant(races, text, says):
    races.write("app.py", FINE)
    races.write("pyproject.toml", f"[tool.ungil.race]\n{text}\n")
    done = races.run("app.py")
    assert done.returncode == 2
    assert says in done.stderr


def test_a_race_is_a_finding_and_the_programs_output_its_own(races):
    races.write("app.py", RACY)
    done = races.run("app.py", "-v", "--output")  # the program's own
    assert done.stdout == "counted -v --output\n"
    assert done.returncode == 1
    assert "✗ Counter.n lost-update UG401 · app.py:8" in done.stderr
    assert "> 8     self.n += 1" in done.stderr
    assert "Watched: the script. Not watched: the standard library, code in C." in done.stderr


@pytest.mark.parametrize(
    "program",
    [["app.py"], ["-m", "app"], ["-mapp"], ["package.app:main"], ["--", "app.py"]],
)
def test_ways_to_name_a_program(races, program):
    races.write("app.py", RACY)
    races.write("package/app.py", "def main():\n    import app\n")
    done, report = races.report(*program)
    assert (done.stdout, codes(report)) == ("counted\n", ["UG401"])


def test_without_races_the_programs_own_status_counts(races):
    races.write("app.py", FINE, ending="raise SystemExit(7)")
    done, report = races.report("app.py")
    assert (done.returncode, done.stdout, report["findings"]) == (7, "worked\n", [])
    assert report["notes"][-1].startswith("Nothing found in what was watched: the script.")


def test_races_count_whatever_the_programs_own_status(races):
    races.write("app.py", RACY, ending="raise SystemExit(7)")
    assert races.report("app.py")[0].returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
def test_a_program_that_is_killed(races):
    races.write("app.py", RACY, ending="import os; os.kill(os.getpid(), 9)")
    done, report = races.report("app.py")
    assert (done.returncode, codes(report)) == (1, ["UG401"])
    assert any("SIGKILL" in note for note in report["notes"])
    races.write("app.py", FINE, ending="import os; os.kill(os.getpid(), 9)")
    assert races.report("app.py")[0].returncode == -signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
def test_an_interrupt_is_the_programs(races):
    races.write("app.py", FINE, ending="print('ready', flush=True); thread.join(); input()")
    with subprocess.Popen(
        races.command("app.py"),
        cwd=races.folder,
        env=races.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert "ready\n" in iter(process.stdout.readline, "")
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    assert "Nothing found in what was watched" in said
    assert process.returncode in {-signal.SIGINT, 128 + signal.SIGINT}


def test_nothing_of_it_was_watched(races):
    done, report = races.report("-m", "this")
    assert (done.returncode, codes(report)) == (3, ["UG412"])
    assert report["notes"][-1] == "Nothing was watched, so nothing is known."


def test_a_race_that_the_source_speaks_for(races):
    races.write("app.py", RACY, comment="  # ungil: benign - a rough number will do")
    done, report = races.report("app.py")
    assert (done.returncode, codes(report)) == (0, [])
    assert report["findings"][0]["ignored"] == "a rough number will do"


def test_a_comment_without_a_reason_does_not_count(races):
    races.write("app.py", RACY, comment="  # ungil: benign")
    done, report = races.report("app.py")
    assert (done.returncode, codes(report)) == (1, ["UG401"])
    assert report["notes"][0].startswith("app.py:8: `# ungil: benign` counts only with a reason")


@pytest.mark.parametrize(
    ("where", "counts"),
    [
        ("app.py", False),
        ("*.py:8", False),
        ("Counter.add", False),
        ("app.py:9", True),
        ("other/*", True),
    ],
)
def test_an_ignore_for_a_place(races, where, counts):
    races.write("app.py", RACY)
    races.write(
        "pyproject.toml",
        f'[[tool.ungil.ignore]]\nrule = "UG401"\nwhere = "{where}"\nreason = "we know"\n'
        '[[tool.ungil.ignore]]\nrule = "UG402"\nreason = "of another program"\n',
    )
    done, report = races.report("app.py")
    assert codes(report) == (["UG401"] if counts else [])
    assert codes(report, ignored=True) == ["UG401"]
    assert done.returncode == counts


def test_a_package_that_is_left_out(races):
    races.write("package/app.py", RACY)
    races.write("start.py", "import package.app\n")
    assert codes(races.report("start.py")[1]) == ["UG401"]
    done, report = races.report("--exclude", "package", "start.py")
    assert (done.returncode, codes(report)) == (0, [])
    assert "Not watched: package," in report["notes"][-1]
    races.write("pyproject.toml", "[tool.ungil.race]\nexclude = ['package']\n")
    assert codes(races.report("start.py")[1]) == []
    assert codes(races.report("--include", "package.app", "start.py")[1]) == ["UG401"]


def test_what_fails_is_for_the_user_to_say(races):
    races.write("app.py", RACY.replace("self.n += 1", "self.n = 1"))
    assert races.report("app.py")[0].returncode == 0
    done, report = races.report("--fail-on", "warning", "app.py")
    assert (done.returncode, codes(report)) == (1, ["UG407"])


@pytest.mark.skipif(os.name != "posix", reason="there is no such device")
def test_a_report_that_nobody_can_take_costs_no_exit_status(races):
    races.write("app.py", RACY)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            races.command("app.py"),
            cwd=races.folder,
            env=races.environment(),
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1


def test_a_syntax_error_is_told_as_python_tells_it(races):
    races.write("app.py", "x = (\n")
    done = races.run("app.py")
    assert "SyntaxError" in done.stderr
    assert done.returncode == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_is_said_not_to_be_watched(races):
    ending = "import os; os.fork() or os._exit(0); os.wait(); os.fork() or os._exit(0); os.wait()"
    races.write("app.py", FINE, ending=ending)
    done = races.run("app.py")
    assert done.stderr.count("in processes that it forked was not watched") == 1
    races.write("app.py", FINE)
    assert "forked" not in races.run("app.py").stderr
