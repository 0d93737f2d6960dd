"""What starts it looks no more, once it has the lock."""

import threading


class Service:
    def __init__(self):
        self._worker = None
        self._lock = threading.RLock()

    @property
    def running(self):
        with self._lock:
            return self._worker is not None

    def start(self):
        with self._lock:
            self._worker = object()


def ensure(service):
    if not service.running:  # expect: UG403
        service.start()


def main():
    service = Service()
    threads = [threading.Thread(target=lambda: ensure(service)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(service.running)


if __name__ == "__main__":
    main()
