"""There is one configuration, and the first who asks for it makes it."""

import threading


class Config:
    def __new__(cls):
        if not hasattr(cls, "instance"):  # expect: UG403
            cls.instance = super().__new__(cls)  # expect: UG403
        return cls.instance  # allow: UG408


def main():
    threads = [threading.Thread(target=Config) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(Config() is Config())


if __name__ == "__main__":
    main()
