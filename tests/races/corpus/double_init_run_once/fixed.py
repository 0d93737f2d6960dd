"""Whatever comes first sets the program up."""

import threading


class Application:
    def __init__(self):
        self.set_up = False
        self.handlers = []
        self.lock = threading.Lock()

    def handle(self):
        with self.lock:
            if not self.set_up:
                self.set_up = True
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
