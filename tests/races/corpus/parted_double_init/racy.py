"""Both look for it under the lock, and both make it outside."""

import threading


class Settings:
    _instance = None
    _lock = threading.Lock()

    @classmethod
    def get(cls):
        with cls._lock:
            found = cls._instance  # expect: UG403
        if found is None:
            found = cls()
            with cls._lock:
                cls._instance = found  # expect: UG403
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
