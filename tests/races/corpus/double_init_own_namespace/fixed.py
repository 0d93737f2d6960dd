"""A subclass must not use its base's instance, so the class's own namespace is asked."""

import threading


class Settings:
    lock = threading.Lock()

    @classmethod
    def shared(cls):
        with cls.lock:
            if "_shared" not in cls.__dict__:
                cls._shared = cls()
            return cls._shared


class Special(Settings):
    pass


def main():
    threads = [threading.Thread(target=Special.shared) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(type(Special.shared()).__name__)


if __name__ == "__main__":
    main()
