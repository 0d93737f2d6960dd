"""Two threads rate passwords, each with the words of its own user."""

# mypy: ignore-errors
import threading

from zxcvbn import zxcvbn

start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for word in ("anna", "berta"):
        zxcvbn("anna1", user_inputs=[word, threading.current_thread().name])


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
