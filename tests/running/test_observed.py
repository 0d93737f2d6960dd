"""`ungil run` under real free-threaded interpreters: what is seen, and what is said."""

import os
import sys

import pytest

pytestmark = pytest.mark.free_threaded


@pytest.fixture
def run(programs, runs):
    """Run code with the compiled modules; the process, its report in `.report`."""
    runs.python = programs.python

    def start(code, *ours, **variables):
        runs.write("app.py", code)
        path = os.pathsep.join([str(programs.folder), variables.pop("PYTHONPATH", "")])
        return runs.ungil(*ours, "app.py", variables={"PYTHONPATH": path, **variables})

    return start


def found(done):
    return [(f["code"], f["subject"]) for f in done.report["findings"]]


def test_all_modules_declare(run):
    done = run("import good, ctypes", "--on-gil=fail")
    assert (found(done), done.returncode, done.stderr) == ([], 0, "")
    assert "The GIL stayed off. 1 extension module was imported." in done.report["notes"]


def test_a_lazy_import_in_a_thread(run):
    code = """
import threading
def parse():
    import bad
thread = threading.Thread(target=parse, name="worker")
thread.start(); thread.join()
import good, old
"""
    done = run(code)
    assert done.returncode == 0
    assert found(done) == [("UG300", "bad"), ("UG301", "old")]
    switched, would = done.report["findings"]
    assert switched["message"].startswith("Importing bad switched the GIL on 0.")
    assert switched["message"].endswith(" s after the start, in thread worker.")
    assert switched["location"] == {"path": "app.py", "line": 4}
    assert [s["text"] for s in switched["steps"]] == ["in parse imports bad"]
    assert switched["evidence"] == "imported"
    assert would["evidence"] == "declaration"


def test_a_module_that_came_while_another_was_created_is_proved_by_the_end(run):
    code = """
import threading, time
def load():
    import slow
thread = threading.Thread(target=load)
thread.start()
time.sleep(0.1)
import many  # the GIL is on for as long as `slow` is created
thread.join()
"""
    # `many` declares nothing, so it switches the GIL on; were it not for the
    # interpreter's word, `slow` would be as good a guess.
    assert found(run(code)) == [("UG300", "many")]
    done = run(code.replace("import many ", "import good "), "--trace-imports")
    assert found(done) == []
    [root] = done.report["imports"]
    assert {one["name"]: one["module"]["found_by"] for one in root["imports"]} == {
        "good": "import",
        "slow": "import",
    }


def test_output_is_as_under_plain_python(run, runs, programs):
    code = "import sys\nprint(sys.argv)\nimport bad\nimport old\n1 / 0\n"
    done = run(code)
    plain = runs.plain("app.py", variables={"PYTHONPATH": str(programs.folder)})
    assert "has been enabled to load module 'bad'" in plain.stderr
    assert (done.stdout, done.stderr, done.returncode) == (plain.stdout, plain.stderr, 1)


def test_warn_says_it_at_once(run):
    done = run("import warnings\nwarnings.simplefilter('ignore')\nimport bad", "--on-gil=warn")
    assert done.returncode == 0
    assert "ungil: the GIL is on: importing bad switched it on" in done.stderr


def test_fail_makes_the_import_fail(run):
    done = run("import bad\nprint('never')", "--on-gil=fail")
    assert (done.returncode, done.stdout) == (1, "")
    assert "ungil.GilEnabledError: the GIL is on: importing bad switched it on" in done.stderr
    assert "app.py:1 imports bad" in done.stderr


def test_fail_is_no_success_if_the_program_swallows_the_error(run):
    done = run("try:\n    import bad\nexcept Exception:\n    print('went on')", "--on-gil=fail")
    assert (done.returncode, done.stdout) == (1, "went on\n")
    assert found(done) == [("UG300", "bad")]


def test_a_sub_interpreter(run):
    code = """
from concurrent import interpreters
one = interpreters.create()
one.exec("import many")
one.close()
"""
    done = run(code)
    [finding] = done.report["findings"]
    assert (finding["code"], finding["subject"]) == ("UG300", "many")
    assert "of sub-interpreter" in finding["message"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_in_processes(run, method):
    code = f"""
import multiprocessing
def work(_):
    import bad
    return 1
if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        print(sum(pool.map(work, range(8), 1)))
"""
    done = run(code)
    assert done.stdout == "8\n"
    assert found(done) == [("UG300", "bad")]
    assert done.report["findings"][0]["location"] == {"path": "app.py", "line": 4}
    assert " of process " in done.report["findings"][0]["message"]


def test_a_fork_inherits_the_gil_and_is_not_accused(run):
    code = "import bad, os\nif not os.fork():\n    import old\n    os._exit(0)\nos.wait()"
    assert found(run(code)) == [("UG300", "bad"), ("UG301", "old")]


@pytest.mark.parametrize("end", ["os._exit(3)", "os.abort()", "os.kill(os.getpid(), 9)"])
def test_a_sudden_end_loses_nothing(run, end):
    done = run(f"import os, bad\n{end}")
    assert done.returncode != 0
    assert found(done) == [("UG300", "bad")]
    assert any("by a signal, os._exit or a crash" in note for note in done.report["notes"])


@pytest.mark.parametrize(("value", "state"), [("0", "off"), ("1", "on")])
def test_what_is_forced_is_read(run, value, state):
    done = run("import bad, good", PYTHON_GIL=value)
    assert found(done) == [("UG301", "bad"), ("UG304", "PYTHON_GIL")]
    assert f"It keeps the GIL {state}" in done.report["findings"][1]["message"]


def test_what_came_on_before_the_program_is_told(run, programs, runs):
    # What `site` imports before anything can be watched: a .pth file.
    environment = runs.folder / "environment"
    runs.start([programs.python, "-m", "venv", "--without-pip", environment])
    [site] = environment.glob("lib/python*/site-packages")
    (site / "start.pth").write_text(
        f"import sys; sys.path.append({str(programs.folder)!r}); import bad\n"
    )
    runs.python = environment / "bin" / "python"
    done = run("print('ran')")
    assert done.stdout == "ran\n"
    assert [f["code"] for f in done.report["findings"]] == ["UG303"]


def test_the_tree_shows_what_was_seen(run, runs):
    runs.write("shop/__init__.py", "")
    runs.write("shop/models.py", "import good\nimport bad\nimport old\n")
    done = run("import shop.models", "--trace-imports")
    [root] = done.report["imports"]
    assert root["name"] == "app.py"
    [shop] = root["imports"]
    seen = {one["name"]: one["module"] for one in shop["imports"]}
    assert {n: m["declaration"] for n, m in seen.items()} == {
        "good": "not_used",
        "bad": "used",
        "old": "used",
    }
    assert [m["found_by"] for m in seen.values()] == ["import", "import", "data"]


def test_two_threads_that_import_at_once_are_both_known(run):
    code = """
import threading
def load(name):
    barrier.wait()
    __import__(name)
barrier = threading.Barrier(2)
threads = [threading.Thread(target=load, args=(name,)) for name in ("bad", "old")]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    done = run(code)
    assert sorted(found(done)) in (
        [("UG300", "bad"), ("UG301", "old")],
        [("UG300", "old"), ("UG301", "bad")],
    )


def test_a_free_threaded_interpreter_is_chosen_by_itself(runs):
    runs.write("app.py", "import sysconfig; print(sysconfig.get_config_var('Py_GIL_DISABLED'))")
    done = runs.start([sys.executable, "-m", "ungil", "run", "app.py"])
    assert done.stdout == "1\n"
    assert "(free-threaded)" in done.stderr


def test_a_series_is_found_by_its_name(programs, runs):
    version = programs.folder.name.removeprefix("programs-")[:5]
    code = "import sys; print('%d.%dt' % sys.version_info[:2])"
    command = [sys.executable, "-m", "ungil", "run", "--python", version, "-c", code]
    assert runs.start(command).stdout == f"{version}\n"
