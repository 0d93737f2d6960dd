"""The user's own work: what can be named, and what becomes of bad input."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native import FREE_THREADED, Compiler, single_phase
from ungil.bench import benchmark
from ungil.bench.asking import bench
from ungil.bench.model import Build, Cell, Task
from ungil.bench.own import Given, named
from ungil.cli import main

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX has them")

SHOP = """
import asyncio, itertools, multiprocessing, os, random, sys, tempfile, threading, time
from ungil.bench import benchmark

some = list(range(40))
locks = [threading.Lock() for _ in range(8)]
started = 0

def empty(): return []
def fails(*_): raise RuntimeError("it\\nfails")
def right(results): return sum(results) == sum(some)
def wrong(results): return False
def asserted(results): assert results == [], "not these"
def start():
    global started
    started += 1

def same(n): return n
def nothing(): return 3
def was_started(n): return started > 0
def some_fail(n):
    if n % 7 == 3: raise ValueError(f"no {n}")
    return n
def all_fail(n): return n["x"]
def ends(n): sys.exit("enough") if n == 5 else None
def hangs(n):
    tempfile.mkdtemp()
    time.sleep(1000)
def dies(n): os._exit(3)
def dies_quietly(n): os._exit(0)
def dies_in_process(n):
    if multiprocessing.parent_process() is not None: os._exit(5)
def hangs_in_thread(n):
    if threading.current_thread() is not threading.main_thread(): time.sleep(1000)
def makes_lock(n): return threading.Lock()
nameless = lambda n: n
def chats(n): print("x" * 2_000_000)
def large(n): return bytes(10_000)
def by_chance(n): return random.random()
def by_thread(n): return threading.current_thread() is threading.main_thread()
def by_process(n): return multiprocessing.parent_process() is None
class Plain:
    def __init__(self, n): self.numbers = self.same = [n, str(n)]
def plain(n): return Plain(n)
async def waits(n):
    await asyncio.sleep(0)
    return n
async def waits_for_nothing():
    await asyncio.sleep(0)
    return 4

@benchmark(items=range(9), check=lambda results: results == list(range(9)))
def first(n): return n
@benchmark(items=lambda: iter("abc"), setup=start)
def second(letter): return letter, started > 0
"""


@pytest.fixture
def shop(tmp_path, monkeypatch, capsys):
    """Runs `ungil bench run` in a folder with the module `shop`; status, output, errors."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "400")
    (tmp_path / "files").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "files"))

    def run(*arguments, python=sys.executable, rounds=2):
        how = [f"--python={python}", f"--rounds={rounds}", "--workers=2"]
        status = main(["bench", "run", *how, *arguments])
        captured = capsys.readouterr()
        assert list((tmp_path / "files").iterdir()) == []
        assert not list(folder.glob("**/*.pyc"))
        return status, captured.out, captured.err

    return run


THREADS = "--arms=threads"
PROCESSES = "--arms=processes"
SOME = "--items=shop:some"


@pytest.mark.parametrize(
    "arguments",
    [
        ["shop:same", SOME, "--check=shop:right"],
        ["shop.py:same", "--items=shop.py:some"],
        ["shop:nothing", "--calls=3"],
        ["shop:was_started", SOME, "--setup=shop:start", "--check=shop:all", THREADS],
        ["shop:plain", SOME],
        ["shop:chats", "--items=shop:locks", THREADS],
    ],
)
def test_a_function_is_measured(shop, arguments):
    Path("shop.py").write_text(f"{SHOP}\nall = all\n")
    status, out, err = shop(*arguments)
    assert (status, err) == (0, "")
    assert arguments[0] in out
    assert "failed" not in out


def test_a_module_of_a_package_by_its_file(shop):
    package = Path("src", "store")
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "work.py").write_text("from store import __name__ as n\ndef f(): return n\n")
    status, out, err = shop("src/store/work.py:f")
    assert (status, err) == (0, "")
    assert "failed" not in out


def test_all_marked_functions_of_a_module(shop):
    Path("other.py").write_text("from shop import first\n")
    status, out, err = shop("shop", THREADS)
    assert (status, err) == (0, "")
    assert "shop:first" in out
    assert "shop:second" in out
    assert shop("other")[2].startswith("ungil: no function of other is marked with @ungil.bench.")


def test_a_mark_changes_nothing():
    def function(number):
        return number

    assert benchmark(items=[1])(function) is function
    assert function(3) == 3


def test_a_script_with_its_own_arguments(shop):
    Path("job.py").write_text(
        "import sys, threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "pool = ThreadPoolExecutor(1)\n"
        "pool.submit(print, 'never shut down')\n"
        "assert __name__ == '__main__' and sys.argv[1:] == ['--rounds', '3', 'x'], sys.argv\n"
    )
    status, out, err = shop("--quick", "job.py", "--rounds", "3", "x")
    assert (status, err) == (0, "")
    assert "serial" in out
    assert "threads" not in out
    status, out, err = shop("job.py")
    assert status == 3
    assert err.startswith("ungil: nothing could be measured: everything failed; the first: Assert")
    Path("job.py").write_text("raise SystemExit(4)")
    assert "it ended with 4" in shop("job.py")[2]


def test_coroutines_are_for_serial_and_asyncio(shop):
    for arguments in (["shop:waits", SOME], ["shop:waits_for_nothing"]):
        status, out, err = shop(*arguments)
        assert (status, err) == (0, "")
        assert ": it is a coroutine function, which only asyncio runs" in out


def test_what_cannot_be_sent(shop):
    for arguments in (
        ["shop:nameless", SOME],
        ["shop:makes_lock", SOME],
        ["shop:same", "--items=shop:locks"],
    ):
        status, out, _ = shop(*arguments, PROCESSES, rounds=1)
        assert status == 0
        assert "it cannot be sent to another process: " in out
        assert ("could not be compared" in out) == (arguments[0] != "shop:nameless")
    Path("any.py").write_text("def right(results): return True")
    out = shop("shop:makes_lock", SOME, "--check=any:right", PROCESSES, rounds=1)[1]
    assert "could not be compared" not in out


@pytest.mark.free_threaded
def test_what_cannot_be_sent_to_an_interpreter(shop):
    python = FREE_THREADED.get("3.14t") or pytest.skip("since 3.14 there are interpreters")
    Path("alone.py").write_text(
        "import multiprocessing\n"
        "def f(n):\n"
        "    raise ImportError('module x.y does not support loading in subinterpreters')\n"
    )
    how = ["--arms=interpreters"]
    out = shop("shop:same", "--items=shop:locks", *how, python=python)[1]
    assert "it cannot be sent to another interpreter: " in out
    out = shop("alone:f", SOME, *how, python=python)[1]
    assert "Queue(" not in out


def test_some_items_fail(shop):
    status, out, err = shop("shop:some_fail", SOME, PROCESSES)
    assert (status, err) == (0, "")
    assert "6 of 40 items failed; the first: item 3: ValueError: no 3." in out
    out = shop("shop:ends", SOME, THREADS)[1]
    assert "1 of 40 items failed; the first: item 5: SystemExit: enough." in out


def test_results_that_differ_in_threads(shop):
    status, out, err = shop("shop:by_thread", SOME, "--arms=threads,processes")
    assert (status, err) == (1, "")
    assert "UG501 results-differ" in out
    assert "40 of 40 results; the first is that of item 0: False instead of True" in out
    assert "`ungil race shop:by_thread`" in out
    assert "Each process" not in out


def test_results_that_differ_in_processes(shop):
    status, out, _ = shop("shop:by_process", SOME, "--arms=threads,processes")
    assert status == 1
    assert "Each process has its own copy" in out
    assert "ungil race" not in out


def test_results_that_differ_anyway_are_no_finding(shop):
    status, out, _ = shop("shop:by_chance", SOME, THREADS)
    assert status == 0
    assert "even in serial" in out
    assert "UG501" not in out
    # After one round that cannot be told.
    status, out, _ = shop("shop:by_chance", SOME, THREADS, rounds=1)
    assert status == 0
    assert "one round does not tell" in out


@pytest.mark.parametrize("check", ["wrong", "asserted"])
def test_a_check_that_says_no(shop, check):
    status, out, _ = shop("shop:same", SOME, THREADS, f"--check=shop:{check}")
    assert status == 1
    assert "the check of the results" in out


def test_an_arm_that_hangs_or_dies_takes_no_other_with_it(shop):
    status, out, _ = shop("shop:hangs_in_thread", SOME, "--limit=10", "--arms=threads,processes")
    assert status == 0
    assert "it did not end within 10 s" in out
    status, out, _ = shop("shop:dies_in_process", SOME, PROCESSES, rounds=1)
    assert status == 0
    assert "a worker ended by itself" in out


NOTHING = "ungil: nothing could be measured: "


@pytest.mark.parametrize(
    ("status", "arguments", "said"),
    [
        (3, ["shop:hangs", SOME, "--limit=3"], f"{NOTHING}it did not end within 3 s"),
        (3, ["shop:dies", SOME], f"{NOTHING}it ended with exit code 3"),
        (3, ["shop:dies_quietly", SOME], f"{NOTHING}something in it ended the interpreter"),
        (3, ["shop:same"], f"{NOTHING}everything failed; the first: item 0: TypeError: same()"),
        (2, ["shop:same", "--items=shop:empty"], f"{NOTHING}there is no item"),
        (2, ["shop:same", "--items=shop:start"], f"{NOTHING}its items cannot be had: TypeError"),
        (2, ["shop:same", "--items=shop:fails"], f"{NOTHING}its items cannot be had: RuntimeE"),
        (2, ["shop:same", SOME, "--setup=shop:fails"], f"{NOTHING}its setup fails: RuntimeError"),
        (2, ["shop:none"], f"{NOTHING}there is no 'none' in shop"),
        (2, ["shop:some"], f"{NOTHING}shop:some is no function, but a list"),
        (2, ["none:none"], f"{NOTHING}none cannot be imported: ModuleNotFoundError"),
        (2, ["none"], "ungil: none cannot be imported: ModuleNotFoundError"),
        (2, ["bad:f"], f"{NOTHING}bad cannot be imported: SystemExit: 7"),
        (2, ["worse"], "ungil: worse cannot be imported: SyntaxError"),
        (2, ["none.py"], "ungil: there is no file none.py"),
        (2, ["none.py:f"], "ungil: there is no file none.py"),
        (
            2,
            ["sub/json.py:f"],
            "ungil: sub/json.py has the name of a module of the standard library",
        ),
        (2, ["shop:a b"], "ungil: 'shop:a b' names no function"),
        (2, ["--", "-x"], "ungil: '-x' is nothing to measure"),
        (2, ["shop:same", "--items=some"], "ungil: 'some' names no object; write module:name"),
    ],
)
def test_one_line_says_what_is_wrong(shop, status, arguments, said):
    Path("bad.py").write_text("raise SystemExit(7)")
    Path("worse.py").write_text("def")
    Path("sub").mkdir()
    Path("sub", "json.py").write_text("")
    found, out, err = shop(THREADS, *arguments)
    assert (found, out) == (status, "")
    assert err.startswith(said)
    assert err.count("\n") == 1


@pytest.mark.parametrize("option", ["--items=shop:some", "--calls=3", "--setup=shop:start"])
def test_a_script_has_no_items(shop, option):
    status, _, err = shop(option, "shop.py")
    assert status == 2
    assert err.startswith("ungil: a script is measured whole; to measure a function, name shop.py:")


@pytest.mark.parametrize("option", ["--limit=nan", "--limit=0", "--arms=thread", "--calls=0"])
def test_options_that_make_no_sense(shop, option, capsys):
    with pytest.raises(SystemExit) as ended:
        shop("shop:same", option)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def limited(limit, tmp_path, *arguments):
    (tmp_path / "shop.py").write_text(SHOP)
    return subprocess.run(
        [sys.executable, "-m", "ungil", "bench", *arguments, f"--python={sys.executable}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


@posix
def test_a_disk_without_room(tmp_path):
    import resource  # noqa: PLC0415 - POSIX has it

    done = limited(
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        tmp_path,
        *("run", "shop:large", SOME, THREADS, "--rounds=1"),
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_what_is_imported_is_compiled_once_even_where_nothing_is_to_be_left_beside_files(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "shop.py").write_text(SHOP)
    task = Task("same", "shop:same", "shop:some", folders=(tmp_path,))
    build = Build("own", Path(sys.executable), "3", free_threaded=False)
    with bench(task, 60) as where:
        assert where.sample(build, Cell("own", "serial", 1)).sample
        assert list(where.folder.rglob("shop.*.pyc"))
    assert [one.name for one in tmp_path.iterdir()] == ["shop.py"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs an affinity")
def test_a_machine_with_one_processor(tmp_path):
    one = {min(os.sched_getaffinity(0))}
    done = limited(
        lambda: os.sched_setaffinity(0, one),
        tmp_path,
        *("run", "shop:same", SOME, THREADS, "--rounds=1"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "threads" in done.stdout


@pytest.mark.free_threaded
@pytest.mark.parametrize("python", FREE_THREADED.values(), ids=FREE_THREADED)
def test_the_import_that_switches_the_gil_on_is_named(shop, python):
    Compiler(python, Path.cwd()).build(single_phase())
    Path("uses.py").write_text("import mod\ndef f(): return 1\n")
    status, out, _ = shop("uses:f", THREADS, python=python)
    assert status == 0
    assert out.count("the GIL came on") == 1
    assert "importing mod switched it on" in out
    assert "uses.py:1" in out


@given(st.text(max_size=40))
def test_any_name_is_a_task_or_wrong_in_one_line(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    try:
        task = named(name, Given(), folder)
    except ValueError as error:
        assert str(error).isprintable() or not name.isprintable()  # noqa: PT017 - it may be a task as well
    else:
        assert task.function == name


NAMES = st.text("abcXYZ_é", min_size=1, max_size=5)


@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=2))
def test_a_dotted_name_is_taken_as_it_is(tmp_path_factory, module, function):
    name = f"{'.'.join(module)}:{'.'.join(function)}"
    assert named(name, Given(), tmp_path_factory.getbasetemp()).function == name
