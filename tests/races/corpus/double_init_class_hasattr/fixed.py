"""There is one configuration, and the first who asks for it makes it."""

import threading

lock = threading.Lock()


class Config:
    def __new__(cls):
        with lock:
            if not hasattr(cls, "instance"):
                cls.instance = super().__new__(cls)
            return cls.instance


def main():
    threads = [threading.Thread(target=Config) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(Config() is Config())


if __name__ == "__main__":
    main()
