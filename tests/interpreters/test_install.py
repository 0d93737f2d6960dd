"""Installing, with tools that pretend; nothing here reaches a network."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pretend import answer, interpreter, program, surroundings
from ungil.interpreters import Offer, Refusal, install, offers
from ungil.interpreters.providers import newest
from ungil.interpreters.providers.conda import Conda
from ungil.interpreters.providers.pyenv import Pyenv
from ungil.interpreters.providers.system import System
from ungil.interpreters.providers.uv import Uv
from ungil.interpreters.streaming import run_streaming
from ungil.target import parse_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tools are shell scripts")

WANTED = parse_python("3.14t")
LIST = "Available versions:\n  3.14.0t\n  3.14t-dev\n  3.14.3t\n  3.14.9\n  3.15.0b1t\n"


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH before the system's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for key, value in surroundings(tmp_path, folder).items():
        monkeypatch.setenv(key, value)
    return folder


class Given:
    """A provider that answers so."""

    def __init__(self, answer: Offer | Refusal) -> None:
        self.answer = answer

    def offer(self, python: object) -> Offer | Refusal:
        return self.answer


def installed(*providers: object) -> tuple[object, list[str], bytes]:
    said: list[str] = []
    shown: list[bytes] = []
    outcome = install(WANTED, say=said.append, show=shown.append, providers=providers)
    return outcome, said, b"".join(shown)


def test_the_first_that_works(bin_: Path, tmp_path: Path) -> None:
    target = bin_ / "python3.14t"
    prepared = interpreter(tmp_path / "prepared" / "python3.14t", executable=str(target))
    works = Given(Offer("good", ("/bin/cp", str(prepared), str(target))))
    never = Given(Offer("never", ("/bin/sh", "-c", f"touch '{tmp_path}/never'")))
    outcome, said, shown = installed(
        Given(Refusal("absent", "it is not there")),
        Given(Offer("gone", ("/no/such/tool",))),
        Given(Offer("bad", ("/bin/sh", "-c", "echo one; echo error: two >&2; echo ---; exit 3"))),
        Given(Offer("liar", ("/bin/true",))),
        works,
        never,
    )
    assert outcome.interpreter.path == target
    assert outcome.provider == "good"
    assert [r.provider for r in outcome.refusals] == ["absent", "gone", "bad", "liar"]
    assert [r.reason for r in outcome.refusals][1:] == [
        "it cannot be run: No such file or directory",
        "two",
        "it ended well, but there is no 3.14t that answers",
    ]
    assert b"one\nerror: two\n---\n" in shown
    assert said[-1].startswith("good: /bin/cp ")
    assert not (tmp_path / "never").exists()


def test_what_is_to_be_done_by_hand_is_not_done(bin_: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    offer = Offer("apt-get", ("/bin/sh", "-c", f"touch '{trace}'"), by_hand=True)
    outcome, said, _ = installed(Given(offer))
    assert outcome.interpreter is None
    assert outcome.by_hand == [offer]
    assert not said
    assert not trace.exists()


def test_offers_change_nothing(bin_: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    offer = Offer("bad", ("/bin/sh", "-c", f"touch '{trace}'"))
    assert offers(WANTED, [Given(offer)]) == [offer]
    assert not trace.exists()


def tools(bin_: Path, *names: str) -> None:
    for name in names:
        program(bin_ / name, "exit 0")


class TestPyenv:
    """pyenv builds, so it needs what building needs."""

    def test_it_builds_the_newest_release(self, bin_: Path) -> None:
        tools(bin_, "cc", "make")
        program(bin_ / "pyenv", f"echo '{LIST}'")
        offer = Pyenv().offer(WANTED)
        assert offer.command == (str(bin_ / "pyenv"), "install", "--skip-existing", "3.14.3t")
        assert "minutes" in offer.remark

    @pytest.mark.parametrize(
        ("script", "others", "says"),
        [
            (None, ["cc", "make"], "not on PATH"),
            (f"echo '{LIST}'", ["make"], "no C compiler"),
            (f"echo '{LIST}'", ["gcc"], "no make"),
            ("echo 3.14.9", ["cc", "make"], "has no 3.14t"),
            ("echo broken >&2; exit 2", ["cc", "make"], "broken"),
        ],
    )
    def test_why_it_cannot(
        self,
        bin_: Path,
        monkeypatch: pytest.MonkeyPatch,
        script: str | None,
        others: list[str],
        says: str,
    ) -> None:
        monkeypatch.delenv("CC", raising=False)
        tools(bin_, *others)
        if script:
            program(bin_ / "pyenv", script)
        assert says in Pyenv().offer(WANTED).reason

    @settings(max_examples=60)
    @given(
        st.lists(st.text(max_size=12) | st.from_regex(r" *3\.1[45]\.\d(rc1)?t? *", fullmatch=True))
    )
    def test_whatever_the_list_holds(self, lines: list[str]) -> None:
        found = newest(lines, WANTED)
        final = [x for x in lines if x.strip()[:5] == "3.14." and x.strip()[-1:] == "t"]
        assert (found is None) or found in {x.strip() for x in final}


class TestConda:
    """conda replaces an environment of the same name without a word."""

    @pytest.mark.parametrize("name", ["mamba", "micromamba", "conda"])
    def test_a_new_environment(self, bin_: Path, name: str) -> None:
        program(bin_ / name, 'echo \'{"envs": ["/opt/conda"]}\'')
        offer = Conda().offer(WANTED)
        assert offer.command[0] == str(bin_ / name)
        assert offer.command[-1] == "python-freethreading=3.14"
        assert "python-3.14t" in offer.command

    def test_an_old_one_is_not_replaced(self, bin_: Path) -> None:
        program(bin_ / "conda", 'echo \'{"envs": ["/opt/conda/envs/python-3.14t"]}\'')
        assert "already" in Conda().offer(WANTED).reason

    @pytest.mark.parametrize("script", ["exit 1", "echo nonsense", "echo '{\"envs\": [1]}'"])
    def test_what_does_not_say_is_not_trusted(self, bin_: Path, script: str) -> None:
        program(bin_ / "conda", script)
        assert "does not say" in Conda().offer(WANTED).reason

    def test_none(self, bin_: Path) -> None:
        assert "on PATH" in Conda().offer(WANTED).reason


class TestSystem:
    """The package manager is asked, and its command is for the user."""

    @pytest.mark.parametrize(
        ("manager", "asking", "script", "command"),
        [
            ("apt-get", "apt-cache", "echo Package: x", "sudo apt-get install python3.14-nogil"),
            ("dnf", "dnf", "echo x", "sudo dnf install python3.14-freethreading"),
            ("zypper", "zypper", "echo x", "sudo zypper install python314-nogil"),
            ("brew", "brew", "echo stable 3.14.7", "brew install python-freethreading"),
            ("port", "port", "echo x", "sudo port install python314-freethreading"),
        ],
    )
    def test_it_has_one(
        self, bin_: Path, manager: str, asking: str, script: str, command: str
    ) -> None:
        tools(bin_, manager)
        program(bin_ / asking, script)
        offer = System().offer(WANTED)
        assert str(offer) == command
        assert offer.by_hand

    @pytest.mark.parametrize(
        ("manager", "asking", "script", "says"),
        [
            ("apt-get", "apt-cache", "exit 100", "it knows no python3.14-nogil"),
            ("dnf", "dnf", "exit 0", "it knows no python3.14-freethreading"),
            ("brew", "brew", "echo stable 3.15.1", "of another series"),
            ("apt-get", "unrelated", "exit 0", "apt-cache is not on PATH"),
        ],
    )
    def test_it_has_none(
        self, bin_: Path, manager: str, asking: str, script: str, says: str
    ) -> None:
        tools(bin_, manager)
        program(bin_ / asking, script)
        assert says in System().offer(WANTED).reason

    def test_there_is_none(self, bin_: Path) -> None:
        assert "none of its" in System().offer(WANTED).reason


def test_uv_names_its_own_command(bin_: Path) -> None:
    offer = Uv().offer(WANTED)
    assert offer.command[1:] == ("python", "install", "3.14t")
    assert "knows no build of 3.99t" in Uv().offer(parse_python("3.99t")).reason


def test_tools_are_not_started_in_a_project(bin_: Path, tmp_path: Path) -> None:
    where = tmp_path / "where"
    program(bin_ / "conda", f"pwd > '{where}'; ls -A >> '{where}'; echo '{{\"envs\": []}}'")
    Conda().offer(WANTED)
    folder, *entries = where.read_text().splitlines()
    assert not entries
    assert not Path(folder).exists()


def test_an_interruption_ends_what_runs(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    script = (
        f"trap 'echo tidied > \"{trace}\"; exit 1' INT; echo started; while :; do sleep 0.05; done"
    )
    started = threading.Event()

    def show(output: bytes) -> None:
        if b"started" in output and not started.is_set():
            started.set()
            os.kill(os.getpid(), signal.SIGINT)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_streaming(["/bin/sh", "-c", script], folder=tmp_path, show=show)
    assert trace.read_text() == "tidied\n"
    assert time.monotonic() - start < 20


def test_a_reader_that_is_gone_does_not_stop_the_tool(tmp_path: Path) -> None:
    def show(output: bytes) -> None:
        raise BrokenPipeError

    line = "0123456789" * 8
    script = f"for i in $(seq 3000); do echo {line}; done; echo end"  # more than a pipe holds
    assert run_streaming(["/bin/sh", "-c", script], folder=tmp_path, show=show) == (0, "end")


def test_a_child_that_stays_does_not_hold_us_up(tmp_path: Path) -> None:
    start = time.monotonic()
    script = "sleep 60 & echo done"
    assert run_streaming(["/bin/sh", "-c", script], folder=tmp_path, show=len) == (0, "done")
    assert time.monotonic() - start < 20


def test_the_answers_of_fakes_are_complete(tmp_path: Path) -> None:
    assert answer(tmp_path)["free_threaded"]
