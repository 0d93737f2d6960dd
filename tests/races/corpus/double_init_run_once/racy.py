"""Whatever comes first sets the program up."""

import threading


class Application:
    def __init__(self):
        self.set_up = False
        self.handlers = []

    def handle(self):
        if not self.set_up:  # expect: UG403; allow: UG402
            self.set_up = True  # expect: UG403; allow: UG402
            self.handlers.append("default")


def main():
    application = Application()
    threads = [threading.Thread(target=application.handle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(application.handlers)


if __name__ == "__main__":
    main()
