"""A session is read while it may be thrown out."""

import threading


class Sessions:
    def __init__(self):
        self.users = {"s1": "ann"}
        self.lock = threading.Lock()

    def user(self, key):
        with self.lock:
            if key in self.users:
                return self.users[key]
            return None

    def throw_out(self, key):
        with self.lock:
            self.users.pop(key, None)


def main():
    sessions = Sessions()
    print(sessions.user("s1"))
    reading = threading.Thread(target=sessions.user, args=("s1",))
    removing = threading.Thread(target=sessions.throw_out, args=("s1",))
    reading.start()
    removing.start()
    reading.join()
    removing.join()


if __name__ == "__main__":
    main()
