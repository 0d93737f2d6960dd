"""A service waits for its thread while it holds its lock."""

import threading


class Service:
    def __init__(self):
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.run)
        self.result = 0

    def run(self):
        self.result = sum(range(100))

    def stop(self):
        self.thread.join()
        with self.lock:
            return self.result


def main():
    service = Service()
    service.thread.start()
    print(service.stop())


if __name__ == "__main__":
    main()
