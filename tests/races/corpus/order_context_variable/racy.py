"""Each thread has a context of its own, and all contexts hold one dictionary."""

import contextvars
import threading

request = contextvars.ContextVar("request")


def query():
    request.get()["queries"] += 1  # expect: UG401


def handle():
    for _ in range(10):
        query()


def main():
    request.set({"queries": 0})
    threads = []
    for _ in range(2):
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=context.run, args=(handle,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(request.get())


if __name__ == "__main__":
    main()
