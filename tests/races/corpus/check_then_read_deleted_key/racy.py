"""A session is read while it may be thrown out."""

import threading


class Sessions:
    def __init__(self):
        self.users = {"s1": "ann"}

    def user(self, key):
        if key in self.users:  # expect: UG402
            return self.users[key]  # expect: UG402
        return None

    def throw_out(self, key):
        self.users.pop(key, None)  # expect: UG402


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
