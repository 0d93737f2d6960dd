"""Two threads ask one localization for messages."""

# mypy: ignore-errors
import threading
from collections.abc import Iterator

from fluent.runtime import AbstractResourceLoader, FluentLocalization, FluentResource


class Loader(AbstractResourceLoader):
    """Each language has one message, named as it is."""

    def resources(self, locale: str, _ids: list[str]) -> Iterator[list[FluentResource]]:
        """All that a language has."""
        yield [FluentResource(f"{locale} = hello\n")]


shops = [FluentLocalization(["de", "en", "fr"], ["main.ftl"], Loader()) for _ in range(50)]
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for shop in shops:
        shop.format_value("fr")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
