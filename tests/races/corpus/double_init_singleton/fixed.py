"""A class of which there shall be one instance."""

import threading


class Settings:
    _instance = None
    _lock = threading.Lock()

    def __new__(cls):
        with cls._lock:
            if cls._instance is None:
                cls._instance = super().__new__(cls)
            return cls._instance


def work(found):
    found.append(Settings())


def main():
    found = []
    threads = [threading.Thread(target=work, args=(found,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(found))


if __name__ == "__main__":
    main()
