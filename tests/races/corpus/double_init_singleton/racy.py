"""A class of which there shall be one instance."""

import threading


class Settings:
    _instance = None

    def __new__(cls):
        if cls._instance is None:  # expect: UG403
            cls._instance = super().__new__(cls)  # expect: UG403
        return cls._instance  # allow: UG408


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
