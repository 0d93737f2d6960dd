"""Sessions know how many were ever opened."""

import threading


class Session:
    opened = 0
    lock = threading.Lock()

    def __init__(self, user):
        self.user = user
        with Session.lock:
            Session.opened += 1


def log_in(users):
    for user in users:
        Session(user)


def main():
    first = threading.Thread(target=log_in, args=(["ann", "ben"],))
    second = threading.Thread(target=log_in, args=(["cleo", "dan"],))
    first.start()
    second.start()
    first.join()
    second.join()
    print(Session.opened)


if __name__ == "__main__":
    main()
