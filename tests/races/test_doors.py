"""The other ways in: as a pytest plugin, in code, and each test beside itself."""

import re
import subprocess
import sys
import textwrap

import pytest

SHOP = """
    import threading

    class Counter:
        def __init__(self):
            self.n = 0

        def up(self):
            self.n += 1

    class Registry:
        def __init__(self):
            self.made = {}

        def get(self, key):
            if key not in self.made:
                self.made[key] = object()
            return self.made[key]

    def in_two(function):
        threads = [threading.Thread(target=function) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
"""


@pytest.fixture
def project(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    write("pyproject.toml", "[project]\nname = 'shop'\nversion = '1'\n")
    write("shop.py", SHOP)
    write("conftest.py", "import sys\nsys.path.insert(0, '.')\n")
    return write


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "", "COLUMNS": "120", "HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
    )
    return done.returncode, done.stdout + done.stderr


def test_a_race_fails_a_run_of_pytest_whose_tests_pass(project, tmp_path):
    project(
        "test_shop.py",
        """
        from shop import Counter, in_two

        def test_counting():
            counter = Counter()
            in_two(counter.up)
            assert counter.n <= 2
        """,
    )
    assert run(tmp_path, "-m", "pytest", "-q")[0] == 0
    status, shown = run(tmp_path, "-m", "pytest", "-q", "--ungil-race")
    assert "1 passed" in shown
    assert "UG401" in shown
    assert "shop.py:9" in shown
    assert status == 1


def test_pytest_without_races_is_as_ever(project, tmp_path):
    project("test_shop.py", "def test_nothing():\n    assert [1, 2] == [1, 2]\n")
    status, shown = run(tmp_path, "-m", "pytest", "-q", "--ungil-race")
    assert status == 0
    assert "Nothing found in what was watched" in shown


def test_what_an_assertion_says_is_the_same(project, tmp_path):
    project(
        "test_shop.py",
        """
        from shop import Counter

        def test_wrong():
            counter, seen = Counter(), {"n": 3}
            assert counter.n == seen["n"], "not yet"
        """,
    )
    _, plain = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    _, watched = run(
        tmp_path, "-m", "ungil", "race", "-m", "pytest", "-q", "-p", "no:cacheprovider"
    )
    shown = [
        re.findall(r"(?m)^E .*", re.sub("0x[0-9a-f]+", "0x…", one)) for one in (plain, watched)
    ]
    assert len(shown[0]) >= 2
    assert shown[0] == shown[1]


TESTS = """
    import os
    import pytest
    from shop import Registry

    @pytest.fixture(scope="module")
    def registry():
        return Registry()

    def test_same(registry):
        assert registry.get("a") is not None

    def test_with_environment(registry, monkeypatch):
        monkeypatch.setenv("A", "1")
        assert registry.get("b") is not None
"""


@pytest.mark.parametrize("way", ["verb", "plugin"])
def test_tests_run_beside_themselves(project, tmp_path, way):
    project("test_shop.py", TESTS)
    assert run(tmp_path, "-m", "ungil", "race", "-m", "pytest", "-q")[0] == 0
    status, shown = run(
        tmp_path,
        *{
            "verb": ("-m", "ungil", "race", "--together", "3", "-m", "pytest", "-q"),
            "plugin": (
                "-m",
                "pytest",
                "-q",
                "--ungil-race",
                "--ungil-together",
                "3",
                "--ungil-confirm=0",
            ),
        }[way],
    )
    assert status == 1
    assert "2 passed" in shown
    assert "UG402" in shown
    assert "test_with_environment" in shown
    assert "it patches what all threads share" in " ".join(shown.split())


def test_a_coroutine_is_not_run_beside_itself(project, tmp_path):
    # As plugins do: around it is a plain function that has one loop for it.
    project(
        "test_loop.py",
        """
        import asyncio
        import functools

        loop = asyncio.new_event_loop()

        def synchronous(test):
            @functools.wraps(test)
            def around():
                loop.run_until_complete(test())
            return around

        @synchronous
        async def test_waits():
            await asyncio.sleep(0.01)
        """,
    )
    options = ("--ungil-race", "--ungil-together", "3", "--ungil-confirm=0")
    status, shown = run(tmp_path, "-m", "pytest", "-q", *options)
    assert status == 0
    assert "an event loop runs one at a time" in " ".join(shown.split())


def test_a_failure_beside_itself_is_a_failure(project, tmp_path):
    project("test_shop.py", "def test_wrong():\n    assert 1 == 2, 'never'\n")
    status, shown = run(tmp_path, "-m", "ungil", "race", "--together", "2", "-m", "pytest", "-q")
    assert "never" in shown
    assert "1 failed" in shown
    assert status != 0


def test_in_code_what_was_imported_before_is_watched(project, tmp_path):
    project(
        "program.py",
        """
        import shop
        import ungil.races

        counter = shop.Counter()
        with ungil.races.watch() as races:
            shop.in_two(counter.up)
        print([(one.rule.code, str(one.location)) for one in races.findings])
        shop.in_two(counter.up)

        with ungil.races.watch() as again:
            counter.up()
        print(again.findings)
        """,
    )
    status, shown = run(tmp_path, "program.py")
    assert shown.splitlines() == ["[('UG401', 'shop.py:9')]", "[]"]
    assert status == 0


MARKED = """
    import os, threading
    import ungil.races

    class Box:
        def __init__(self):
            self.value = 0

    box = Box()
    read, write = os.pipe()

    def give():
        box.value += 1
        {before}
        os.write(write, b"x")

    def take():
        os.read(read, 1)
        {after}
        box.value += 1

    threads = [threading.Thread(target=one) for one in (take, give)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
"""


def test_an_order_that_is_not_seen_can_be_told(project, tmp_path):
    project("program.py", MARKED.format(before="", after=""))
    assert run(tmp_path, "-m", "ungil", "race", "--confirm=0", "program.py")[0] == 1
    told = {
        "before": "ungil.races.happens_before(box)",
        "after": "ungil.races.happens_after(box)",
    }
    project("program.py", MARKED.format(**told))
    assert run(tmp_path, "-m", "ungil", "race", "--confirm=0", "program.py")[0] == 0
    assert run(tmp_path, "program.py") == (0, "")


def test_a_function_is_run(project, tmp_path):
    project(
        "jobs.py",
        "from shop import Counter, in_two\n\ndef main():\n    in_two(Counter().up)\n    return 4\n",
    )
    status, shown = run(tmp_path, "-m", "ungil", "race", "jobs:main")
    assert "UG401" in shown
    assert status == 1
