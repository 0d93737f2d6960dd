"""A lazily computed hash of a key with slots."""

import threading


class Key:
    __slots__ = ("_hash", "parts")

    def __init__(self, *parts):
        self.parts = parts
        self._hash = None

    def digest(self):
        if self._hash is None:  # expect: UG403
            self._hash = hash(self.parts)  # expect: UG403
        return self._hash  # allow: UG408


def main():
    key = Key(1, 2, 3)
    threads = [threading.Thread(target=key.digest) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(key.digest() == hash((1, 2, 3)))


if __name__ == "__main__":
    main()
