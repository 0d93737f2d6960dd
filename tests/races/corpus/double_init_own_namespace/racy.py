"""A subclass must not use its base's instance, so the class's own namespace is asked."""

import threading


class Settings:
    @classmethod
    def shared(cls):
        if "_shared" not in cls.__dict__:  # expect: UG403
            cls._shared = cls()  # expect: UG403
        return cls._shared  # allow: UG403, UG402, UG408


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
