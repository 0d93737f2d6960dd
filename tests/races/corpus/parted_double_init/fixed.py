"""Who made one looks again before it stores it."""

import threading


class Settings:
    _instance = None
    _lock = threading.Lock()

    @classmethod
    def get(cls):
        with cls._lock:
            found = cls._instance
        if found is None:
            made = cls()
            with cls._lock:
                if cls._instance is None:
                    cls._instance = made
                found = cls._instance
        return found


def main():
    Settings.get()
    Settings._instance = None
    threads = [threading.Thread(target=Settings.get) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(Settings.get() is Settings.get())


if __name__ == "__main__":
    main()
