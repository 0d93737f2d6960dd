"""Two threads send events to one machine."""

# mypy: ignore-errors
import threading

from statemachine import State, StateMachine


class Door(StateMachine):
    """Open and shut."""

    shut = State(initial=True)
    wide = State()
    turn = shut.to(wide) | wide.to(shut)


door = Door()
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(500):
        door.turn()


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
