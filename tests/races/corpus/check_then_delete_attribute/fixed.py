"""A token that an object may have."""

import threading


class Device:
    def __init__(self):
        self.token = "secret"
        self._lock = threading.Lock()

    def log_out(self):
        with self._lock:
            if hasattr(self, "token"):
                del self.token


def main():
    device = Device()
    threads = [threading.Thread(target=device.log_out) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(hasattr(device, "token"))


if __name__ == "__main__":
    main()
