"""The user of the current request, in a global."""

import threading
from contextvars import ContextVar

current_user = ContextVar("current_user")


def page():
    return f"hello {current_user.get()}"


def handle(user):
    current_user.set(user)
    return page()


def main():
    threads = [threading.Thread(target=handle, args=(user,)) for user in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
