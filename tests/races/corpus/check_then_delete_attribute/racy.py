"""A token that an object may have."""

import threading


class Device:
    def __init__(self):
        self.token = "secret"

    def log_out(self):
        if hasattr(self, "token"):  # expect: UG402
            del self.token  # expect: UG402


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
