"""The user of the current request, in a global."""

import threading

current_user = None


def page():
    return f"hello {current_user}"  # allow: UG408


def handle(user):
    global current_user
    current_user = user  # expect: UG407; allow: UG408
    return page()


def main():
    threads = [threading.Thread(target=handle, args=(user,)) for user in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
