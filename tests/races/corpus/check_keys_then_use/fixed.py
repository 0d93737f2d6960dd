"""The keys are copied first, but by the time one is used its item may be gone."""

import threading


class Sessions:
    def __init__(self):
        self.users = {"s1": "ann", "s2": "bob"}
        self.visits = {"s1": 1}

    def show(self):
        for key, user in list(self.users.items()):
            print(key, user)

    def throw_out(self, key):
        self.users.pop(key, None)

    def visit(self, key):
        self.visits[key] = 1
        for one in sorted(self.visits):
            print(one, self.visits[one])


def main():
    sessions = Sessions()
    sessions.show()
    showing = threading.Thread(target=sessions.show)
    removing = threading.Thread(target=sessions.throw_out, args=("s1",))
    visiting = [threading.Thread(target=sessions.visit, args=(key,)) for key in ("s2", "s3")]
    showing.start()
    removing.start()
    for thread in visiting:
        thread.start()
    for thread in visiting:
        thread.join()
    showing.join()
    removing.join()


if __name__ == "__main__":
    main()
