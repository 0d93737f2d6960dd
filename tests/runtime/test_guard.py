"""The guard, under real free-threaded interpreters with real modules and threads."""

import pytest

pytestmark = pytest.mark.free_threaded

STATUS = """
import ungil
status = ungil.gil_status()
"""


def test_the_status_without_any_module(programs):
    done = programs.run(STATUS + "print(status.free_threaded_build, status.enabled); print(status)")
    assert done.stdout == "True False\nthis is a free-threaded build, and the GIL is off\n"


@pytest.mark.parametrize(
    ("options", "variables", "words"),
    [
        (["-X", "gil=1"], {}, "True -X gil"),
        (["-X", "gil=0"], {"PYTHON_GIL": "1"}, "False -X gil"),
        ([], {"PYTHON_GIL": "1"}, "True PYTHON_GIL"),
        ([], {"PYTHON_GIL": "0"}, "False PYTHON_GIL"),
    ],
)
def test_the_status_says_who_forces_it(programs, options, variables, words):
    code = STATUS + "print(status.enabled, status.forced_by)"
    assert programs.run(code, *options, **variables).stdout.strip() == words


def test_what_was_not_watched_is_not_made_up(programs):
    done = programs.run("import bad\n" + STATUS + "print(status)")
    assert "the GIL is on; what switched it on was not watched" in done.stdout


def test_a_lazy_import_in_a_thread_is_named_with_its_story(programs):
    done = programs.run("""
import threading
import ungil

def parse():
    import pkg.inner

with ungil.guard():
    thread = threading.Thread(target=parse, name="worker")
    thread.start()
    thread.join()
""")
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("ungil.GilEnabledError")]
    assert len(lines) == 2  # in the thread, and at the end of the guarded code
    for line in lines:
        assert "importing pkg.inner switched it on" in line
        assert "in thread worker" in line
        assert "program.py:6 in parse imports pkg.inner" in line


@pytest.mark.parametrize("module", ["bad", "old"])
def test_the_import_fails_and_can_be_repeated(programs, module):
    done = programs.run(f"""
import sys
import ungil
try:
    with ungil.guard():
        import {module}
except ungil.GilEnabledError as error:
    print(error.switch.module, error.switch.certain, error.switch.file is not None)
print("{module}" in sys.modules)
import {module}
print({module}.__name__, {module}.__spec__.name, ungil.gil_status().switch.module)
""")
    assert done.stdout.split() == [module, "True", "True", "False", *[module] * 3]


def test_it_fails_each_time_it_is_tried_and_the_traceback_ends_at_the_import(programs):
    done = programs.run("""
import traceback
import ungil
try:
    with ungil.guard():
        for _ in range(3):
            try:
                import bad
            except ungil.GilEnabledError as error:
                print(traceback.extract_tb(error.__traceback__)[-1].line)
        import good, old
except ungil.GilEnabledError as error:
    print(error.switch.module)
""")
    assert done.stdout == "import bad\n" * 3 + "bad\n"


def test_guards_beside_each_other_warn_once(programs):
    done = programs.run("""
import ungil
with ungil.guard("warn"), ungil.guard("warn"):
    import bad
""")
    assert done.stderr.count("GilEnabledWarning") == 1


def test_nothing_happens_if_all_modules_declare(programs):
    done = programs.run("""
import ungil
with ungil.guard():
    import good, ctypes, math
print(ungil.gil_status().enabled)
ungil.require_free_threading()
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_only_the_first_is_told(programs):
    done = programs.run("""
import ungil
try:
    with ungil.guard():
        import bad
except ungil.GilEnabledError:
    pass
import old
print(ungil.gil_status().switch.module)
""")
    assert done.stdout == "bad\n"


def test_a_warning_stands_at_the_import_and_is_issued_once(programs):
    done = programs.run("""
import warnings
import ungil
warnings.simplefilter("ignore", RuntimeWarning)
warnings.simplefilter("always", ungil.GilEnabledWarning)
with ungil.guard(on_gil="warn"):
    import bad
    import old
""")
    assert done.returncode == 0
    assert done.stderr.count("GilEnabledWarning") == 1
    assert "program.py:7: GilEnabledWarning: the GIL is on: importing bad" in done.stderr


@pytest.mark.parametrize("action", ["ignore", "error", "once", "default"])
def test_the_module_is_known_whatever_becomes_of_the_interpreters_warning(programs, action):
    done = programs.run(f"""
import warnings
import ungil
warnings.resetwarnings()
warnings.simplefilter("{action}", RuntimeWarning)
before = list(warnings.filters)
try:
    with ungil.guard():
        import bad
except (ungil.GilEnabledError, RuntimeWarning):
    pass
switch = ungil.gil_status().switch
print(switch.module, switch.certain, warnings.filters == before)
""")
    assert done.stdout == "bad True True\n"


def test_without_the_interpreters_word_it_says_so(programs):
    # Nobody hides filters like this; it stands for an interpreter that words
    # its warning in another way.
    done = programs.run("""
import ungil
from ungil.runtime import watch
watch._BEFORE_NAME = "some other words"
try:
    with ungil.guard():
        import bad
except ungil.GilEnabledError as error:
    print(error.switch.certain, "while bad was imported" in str(error))
""")
    assert done.stdout == "False True\n"


def test_who_it_was_in_the_middle_of_another_modules_initialisation(programs):
    done = programs.run("""
import ungil
try:
    with ungil.guard():
        import outer
except ungil.GilEnabledError as error:
    for step in error.switch.chain:
        print(step.module, step.line, step.file.rpartition("/")[2].partition(".")[0])
""")
    assert done.stdout == "outer 5 program\nbad None outer\n"


def test_a_module_that_takes_its_time_in_another_thread_is_not_accused(programs):
    done = programs.run("""
import threading, time
import ungil

def load():
    import slow

with ungil.guard():
    thread = threading.Thread(target=load)
    thread.start()
    time.sleep(0.1)
    assert __import__("sys")._is_gil_enabled()  # for as long as `slow` is created
    import good
    thread.join()
print(ungil.gil_status())
""")
    assert done.stderr == ""
    assert done.stdout == "this is a free-threaded build, and the GIL is off\n"


def test_reload(programs):
    (programs.folder / "lately.py").write_text("import good\n")
    done = programs.run("""
import importlib, pathlib
import ungil
import lately
pathlib.Path("lately.py").write_text("import good\\nimport bad  # now\\n")
try:
    with ungil.guard():
        importlib.reload(lately)
except ungil.GilEnabledError as error:
    print([(s.module, s.line) for s in error.switch.chain])
""")
    assert done.stdout == "[('bad', 2)]\n"


def test_programs_may_replace_the_import_machinery(programs):
    done = programs.run("""
import builtins, sys
import ungil
with ungil.guard(on_gil="warn"):
    sys.meta_path = [finder for finder in list(sys.meta_path)]
    original = builtins.__import__
    builtins.__import__ = lambda *args, **more: original(*args, **more)
    import bad
print(ungil.gil_status().switch.module)
""")
    assert done.stdout == "bad\n"


def test_a_sub_interpreter_that_is_created_meanwhile_is_guarded(programs):
    done = programs.run("""
import ungil
from concurrent import interpreters
with ungil.guard():
    one = interpreters.create()
    one.exec("import math")
    try:
        one.exec("import many")
    except interpreters.ExecutionFailed as error:
        print(error.excinfo.type.__name__, "in sub-interpreter" in error.excinfo.msg)
    one.close()
print(ungil.gil_status().enabled)
""")
    assert done.stdout == "GilEnabledError True\nFalse\n"


def test_a_decorator_guards_each_call(programs):
    done = programs.run("""
import asyncio
import ungil

@ungil.guard()
def plain():
    "About it."
    import good
    return 1

@ungil.guard()
async def coroutine():
    await asyncio.sleep(0)
    import bad

print(plain(), plain.__name__, plain.__doc__)
try:
    asyncio.run(coroutine())
except ungil.GilEnabledError as error:
    print(error.switch.chain[-1].function)
""")
    assert done.stdout == "1 plain About it.\ncoroutine\n"


def test_guarded_code_does_not_begin_with_the_gil_on(programs):
    done = programs.run("""
import bad
import ungil
for check in (ungil.guard().__enter__, ungil.require_free_threading):
    try:
        check()
    except ungil.GilEnabledError as error:
        print(error)
""")
    assert done.stdout.count("the GIL is on, and what switched it on was not watched") == 2


def test_other_exceptions_are_not_hidden(programs):
    done = programs.run("""
import ungil
with ungil.guard(on_gil="warn"):
    import bad
    raise KeyError("mine")
""")
    assert done.stderr.splitlines()[-1] == "KeyError: 'mine'"


def test_a_fork_goes_on_watching(programs):
    done = programs.run("""
import os, threading, time
import ungil

def load():
    import slow  # in the middle of which the process is forked

with ungil.guard():
    thread = threading.Thread(target=load)
    thread.start()
    time.sleep(0.1)
    child = os.fork()
    if not child:
        try:
            import bad
        except ungil.GilEnabledError as error:
            os._exit(7 if error.switch.module == "bad" else 8)
        os._exit(9)
    thread.join()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), ungil.gil_status().enabled)
""")
    assert done.stdout == "7 False\n"


def test_many_threads_at_once_name_one_culprit(programs):
    done = programs.run("""
import threading, sys
import ungil
names = ["bad", "old", "good", "slow", "pkg.inner"]
errors = []
def load(name):
    barrier.wait()
    try:
        __import__(name)
    except ungil.GilEnabledError as error:
        errors.append((name, error.switch.module))
barrier = threading.Barrier(len(names))
try:
    with ungil.guard():
        threads = [threading.Thread(target=load, args=(name,)) for name in names]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
except ungil.GilEnabledError as error:
    print(len(errors), errors[0][0] == errors[0][1] == error.switch.module, error.switch.certain)
""")
    assert done.stdout == "1 True True\n"


def test_for_good(programs):
    done = programs.run("""
import ungil
ungil.guard().for_good()
import good
try:
    import bad
except ungil.GilEnabledError as error:
    print(error.switch.module)
""")
    assert done.stdout == "bad\n"


def test_a_lazy_import_statement_is_told_where_it_takes_effect(programs):
    if "3.14t" in programs.folder.name:
        pytest.skip("PEP 810 came with 3.15")
    done = programs.run("""
import ungil
lazy import bad

def use():
    return bad.__name__

with ungil.guard():
    print("entered")
    use()
""")
    assert done.stdout == "entered\n"
    assert "program.py:6 in use imports bad" in done.stderr.splitlines()[-1]


def test_nobody_is_accused_of_what_was_so_before(programs):
    done = programs.run("""
import bad
import ungil
with ungil.guard(on_gil="warn"):
    import good, _json, old
print(ungil.gil_status().switch)
""")
    assert done.stdout == "None\n"
    assert "what switched it on was not watched" in done.stderr


def test_guarded_code_may_end_while_another_thread_imports(programs):
    done = programs.run("""
import threading, time
import ungil

def load():
    import slow

with ungil.guard():
    thread = threading.Thread(target=load)
    thread.start()
    time.sleep(0.05)
ungil.require_free_threading()
assert not ungil.gil_status().enabled
thread.join()
""")
    assert (done.returncode, done.stderr) == (0, "")
