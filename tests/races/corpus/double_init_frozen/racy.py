"""A value of a frozen dataclass that is computed when it is first asked for."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Route:
    stops: tuple
    _length: int | None = field(default=None, compare=False)

    def length(self):
        if self._length is None:  # expect: UG403
            object.__setattr__(self, "_length", sum(self.stops))  # expect: UG403; allow: UG408
        return self._length  # allow: UG408


def main():
    route = Route((3, 4, 5))
    threads = [threading.Thread(target=route.length) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(route.length())


if __name__ == "__main__":
    main()
