"""A watched program does, prints and ends as it does without, whatever it does to itself."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import zipapp

import pytest

PROGRAMS = {
    "exit status": "import sys; sys.exit(7)",
    "exit message": "import sys; sys.exit('no more')",
    "uncaught exception": """
        def inner(one):
            return one.missing

        def outer():
            return inner(3)

        outer()
    """,
    "exception with a cause and a note": """
        try:
            {}["key"]
        except KeyError as error:
            problem = ValueError("outer")
            problem.add_note("a note")
            raise problem from error
    """,
    "os._exit": "import os; print('here', flush=True); os._exit(5)",
    "os._exit in a thread": """
        import os, threading
        def end():
            os._exit(6)
        threading.Thread(target=end).start()
        threading.Event().wait(5)
    """,
    "an exception in a thread": """
        import threading
        def work():
            raise RuntimeError("in the thread")
        thread = threading.Thread(target=work, name="worker")
        thread.start()
        thread.join()
    """,
    "an exception in a thread started low": """
        import _thread, time
        def work():
            raise RuntimeError("in the thread")
        _thread.start_new_thread(work, ())
        time.sleep(0.2)
    """,
    "sys.exit in a thread": """
        import sys, threading
        def work():
            sys.exit(3)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        print("still here")
    """,
    "an exception in __del__": """
        class Loud:
            def __init__(self):
                self.name = "loud"
            def __del__(self):
                raise ValueError(self.name)
        Loud()
        print("after")
    """,
    "what is let go of when the builtins were emptied": """
        import os, sys, threading
        class Last:
            def __init__(self):
                self.names = {"tea"}
                self.over = threading.Event()
            def __del__(self, write=os.write):
                self.over.set()
                write(1, f"{'tea' in self.names} {len(self.names)}".encode())
        sys.last = Last()
    """,
    "recursion without end": """
        class Node:
            def __init__(self):
                self.next = self
        def follow(node, depth):
            return follow(node.next, depth + 1)
        try:
            follow(Node(), 0)
        except RecursionError as error:
            print(type(error).__name__)
        print("after")
    """,
    "recursion in threads that race": """
        import threading
        class Box:
            def __init__(self):
                self.value = 0
        box = Box()
        def dig(depth):
            box.value += 1
            return dig(depth + 1)
        def work():
            try:
                dig(0)
            except RecursionError:
                pass
        threads = [threading.Thread(target=work) for _ in range(2)]
        [one.start() for one in threads]
        [one.join() for one in threads]
        print("after")
    """,
    "a pool that outlives the program": """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
        print(sorted(pool.map(len, ["a", "bb"])))
        pool.submit(print, "late")
    """,
    "a daemon thread that goes on": """
        import threading, time
        class Clock:
            def __init__(self):
                self.ticks = 0
        clock = Clock()
        def tick():
            while True:
                clock.ticks += 1
        threading.Thread(target=tick, daemon=True).start()
        time.sleep(0.05)
        print(clock.ticks > 0)
    """,
    "many threads": """
        import threading
        class Box:
            def __init__(self):
                self.items = []
        box = Box()
        def work(number):
            box.items.append(number)
        threads = [threading.Thread(target=work, args=(n,)) for n in range(1500)]
        [one.start() for one in threads]
        [one.join() for one in threads]
        print(len(box.items))
    """,
    "a source nested too deeply to follow": """
        value = type("V", (), {})()
        value.x = value
        print(eval("value" + ".x" * 60) is value)
        exec("found = value" + ".x" * 60)
    """,
    "deep expressions": "x = [[1]]\nprint(x" + "[0]" * 2 + ")\ny = " + "(" * 80 + "1" + ")" * 80,
    "standard streams closed": """
        import sys
        sys.stdout.close()
        sys.stderr.close()
    """,
    "all files closed": """
        import os
        print("before", flush=True)
        os.closerange(3, 1024)
        class Box: pass
        box = Box()
        box.value = 1
        print(box.value)
    """,
    "its own import hook": """
        import sys
        class Finder:
            def find_spec(self, name, path=None, target=None):
                return None
        sys.meta_path.insert(0, Finder())
        import colorsys
        print(colorsys.rgb_to_hls(0, 0, 0))
    """,
    "metaclasses, slots, descriptors": """
        class Field:
            def __set_name__(self, owner, name):
                self.name = "_" + name
            def __get__(self, one, owner):
                return self if one is None else getattr(one, self.name, None)
            def __set__(self, one, value):
                setattr(one, self.name, value)
        class Meta(type):
            def __prepare__(name, bases):
                return {"made": []}
        class Thing(metaclass=Meta):
            __slots__ = ("_size", "__secret")
            size = Field()
            made.append(1)
            def __init__(self):
                self.__secret = 4
                self.size = self.__secret
        thing = Thing()
        thing.size += 1
        print(thing.size, Thing.made, thing._Thing__secret)
    """,
    "locals and frames": """
        import inspect
        def look(one):
            two = one.real
            three = [two, one][0]
            return sorted(locals()), inspect.currentframe().f_code.co_varnames
        print(look(5))
        print(inspect.getsource(look))
    """,
    "syntax errors of its own": """
        try:
            compile("a b", "<x>", "exec")
        except SyntaxError as error:
            print(error)
        try:
            import broken_module
        except SyntaxError as error:
            print(error.lineno, error.text)
    """,
    "nested too deeply to be compiled": "x = [1]\nx" + "[0]" * 100_000,
    "what stands for a touch": "print(('ungil touch', 3))",
    "not Python": "def f(:\n    pass",
    "what __main__ has": "print(sorted(globals()))",
    "queues and conditions": """
        import queue, threading
        jobs, done = queue.Queue(2), queue.SimpleQueue()
        def work():
            while (job := jobs.get()) is not None:
                done.put(job * 2)
        threads = [threading.Thread(target=work) for _ in range(3)]
        [one.start() for one in threads]
        [jobs.put(n) for n in range(20)]
        [jobs.put(None) for _ in threads]
        [one.join() for one in threads]
        print(sorted(done.get() for _ in range(20)))
    """,
}

POSIX = {
    "fork": """
        import os, sys, threading
        class Box:
            def __init__(self):
                self.value = 0
        box = Box()
        lock = threading.Lock()
        with lock:
            box.value += 1
        child = os.fork()
        if not child:
            box.value += 1
            with lock:
                box.value += 1
            thread = threading.Thread(target=lambda: None)
            thread.start()
            thread.join()
            os._exit(box.value)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """,
    "fork while threads run": """
        import os, threading
        class Box:
            def __init__(self):
                self.value = 0
                self.stop = False
        box = Box()
        def work():
            while not box.stop:
                box.value += 1
        threads = [threading.Thread(target=work) for _ in range(2)]
        [one.start() for one in threads]
        codes = []
        for _ in range(5):
            child = os.fork()
            if not child:
                box.value += 1
                os._exit(9)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        box.stop = True
        [one.join() for one in threads]
        print(codes)
    """,
    "multiprocessing": """
        import multiprocessing
        def double(n):
            return n * 2
        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(2) as pool:
                    print(pool.map(double, [1, 2, 3]))
    """,
    "killed by itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "a handler of signals": """
        import os, signal
        class Box:
            def __init__(self):
                self.seen = 0
        box = Box()
        def handle(number, frame):
            box.seen += 1
        signal.signal(signal.SIGUSR1, handle)
        os.kill(os.getpid(), signal.SIGUSR1)
        print(box.seen)
    """,
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT); [0] * 10",
}
if os.name == "posix":
    PROGRAMS |= POSIX


def run(command, folder):
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # What only an address or a warning about forking tells apart.
    errors = re.sub(r"0x[0-9a-f]+", "0x…", done.stderr)
    errors = re.sub(r".*DeprecationWarning: .*fork.*\n.*\n", "", errors)
    return done.returncode, done.stdout, errors


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_as_without(name, tmp_path):
    (tmp_path / "program.py").write_text(textwrap.dedent(PROGRAMS[name]), "utf-8")
    (tmp_path / "broken_module.py").write_text("def f(:\n", "utf-8")
    report = tmp_path / "report.json"
    plain = run(["program.py"], tmp_path)
    command = ["-m", "ungil", "race", "--format", "json", "--output", str(report), "program.py"]
    status, out, errors = run(command, tmp_path)
    assert (out, errors) == plain[1:]
    assert report.exists()
    # Races found make it 1; a run in which nothing could be watched, 3.
    assert status in {plain[0], 1, 3}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_a_killed_program_had_done_is_reported(tmp_path):
    (tmp_path / "program.py").write_text(
        textwrap.dedent("""
            import os, signal, threading
            class Counter:
                def __init__(self):
                    self.n = 0
            counter = Counter()
            def work():
                counter.n += 1
            for _ in range(2):
                threading.Thread(target=work).start()
            [one.join() for one in threading.enumerate() if one is not threading.main_thread()]
            os.kill(os.getpid(), signal.SIGKILL)
        """),
        "utf-8",
    )
    status, _, errors = run(["-m", "ungil", "race", "program.py"], tmp_path)
    assert status == 1
    assert "lost-update" in errors
    assert signal.SIGKILL.name in errors


def watched(program, folder, *options):
    race = ["-m", "ungil", "race", "--format", "json", "--output", str(folder / "report.json")]
    return run([*options, *race, *program], folder)


@pytest.mark.parametrize(
    "options",
    [
        ["-OO"],
        ["-bW", "error", "-Xdev"],
        ["-X", "utf8=1", "-Wignore::UserWarning"],
        ["--check-hash-based-pycs", "never", "-P"],
    ],
    ids=" ".join,
)
def test_the_options_of_the_interpreter_are_the_programs(options, tmp_path):
    (tmp_path / "beside.py").touch()
    (tmp_path / "program.py").write_text(
        textwrap.dedent("""
            'A text.'
            import sys, warnings
            print(__doc__, __debug__, sys.flags, sys.warnoptions, sys._xoptions)
            warnings.warn("not so good")
            import beside
        """),
        "utf-8",
    )
    plain = run([*options, "program.py"], tmp_path)
    assert watched(["program.py"], tmp_path, *options) == plain


@pytest.mark.parametrize("is_packed", [False, True], ids=["folder", "archive"])
def test_a_folder_and_an_archive_run_as_without(is_packed, tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "other.py").write_text("where = __file__", "utf-8")
    (folder / "__main__.py").write_text(
        "import other, sys\nprint(other.where, __file__, __package__, __spec__.name)\n"
        "print(sys.argv, sys.path[0])",
        "utf-8",
    )
    program = "app"
    if is_packed:
        program = "app.pyz"
        zipapp.create_archive(folder, tmp_path / program)
    plain = run([program, "one"], tmp_path)
    status, *printed = watched([program, "one"], tmp_path)
    assert tuple(printed) == plain[1:]
    # Of an archive nothing is watched, which is said.
    assert status == (3 if is_packed else 0)


def test_a_folder_without_a_main_module(tmp_path):
    status, _, errors = watched([str(tmp_path)], tmp_path)
    assert status == 2
    assert "ungil: cannot find a module __main__ in" in errors


def test_a_module_warns_as_without(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("from . import tool", "utf-8")
    (tmp_path / "package" / "tool.py").write_text("import sys\nprint(sys.argv[1:])", "utf-8")
    plain = run(["-m", "package.tool", "one"], tmp_path)
    assert "RuntimeWarning" in plain[2]
    assert watched(["-m", "package.tool", "one"], tmp_path) == plain
