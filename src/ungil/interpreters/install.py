"""Install an interpreter through the first provider that works."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ungil.findings import printable
from ungil.interpreters.find import find
from ungil.interpreters.probe import Interpreter
from ungil.interpreters.providers import PROVIDERS, Offer, Provider, Refusal
from ungil.interpreters.streaming import run_streaming
from ungil.target import PythonVersion

__all__ = ["Installation", "install", "offers"]


@dataclass
class Installation:
    """What came of it.

    Attributes:
        interpreter: The new one, None if nothing worked.
        provider: Who installed it; empty if nobody did.
        refusals: Who could not, and why.
        by_hand: What the user may run instead.
    """

    interpreter: Interpreter | None = None
    provider: str = ""
    refusals: list[Refusal] = field(default_factory=list)
    by_hand: list[Offer] = field(default_factory=list)


def offers(
    python: PythonVersion, providers: Sequence[Provider] = PROVIDERS
) -> list[Offer | Refusal]:
    """What each provider can do here; changes nothing."""
    return [provider.offer(python) for provider in providers]


def install(
    python: PythonVersion,
    *,
    say: Callable[[str], None],
    show: Callable[[bytes], None],
    providers: Sequence[Provider] = PROVIDERS,
) -> Installation:
    """Install an interpreter that is not there yet.

    Args:
        python: Its series and build.
        say: Told, in a line each, what is about to be run, and what failed.
        show: Given what the providers write.
        providers: Who is asked, in this order.

    Raises:
        KeyboardInterrupt: The user has had enough; what ran has ended.
    """
    outcome = Installation()
    for provider in providers:
        # One after the other: who comes later need not be asked.
        offer = provider.offer(python)
        if isinstance(offer, Offer) and offer.by_hand:
            outcome.by_hand.append(offer)
            continue
        if isinstance(offer, Offer):
            say(f"{offer.provider}: {offer}{f' ({offer.remark})' if offer.remark else ''}")
            result = _attempt(offer, python, show)
            if isinstance(result, Interpreter):
                outcome.interpreter, outcome.provider = result, offer.provider
                return outcome
            offer = Refusal(offer.provider, result)
        say(f"{offer.provider} could not: {printable(offer.reason)}")
        outcome.refusals.append(offer)
    return outcome


def _attempt(
    offer: Offer, python: PythonVersion, show: Callable[[bytes], None]
) -> Interpreter | str:
    """The new interpreter, or why there is none."""
    try:
        # Not in the user's project, whose settings might say from where to
        # fetch an interpreter.
        with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
            code, last = run_streaming(offer.command, folder=Path(folder), show=show)
    except OSError as error:
        return f"it cannot be run: {error.strerror or type(error).__name__}"
    if code != 0:
        return last or f"exit code {code}, without a word"
    found = find(str(python))
    return found or f"it ended well, but there is no {python} that answers"
