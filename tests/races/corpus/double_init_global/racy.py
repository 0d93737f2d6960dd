"""One client for the whole program, made on first use."""

import threading

_client = None


class Client:
    def __init__(self, host):
        self.host = host


def client():
    global _client
    if not _client:  # expect: UG403
        _client = Client("localhost")  # expect: UG403
    return _client  # allow: UG408


def call():
    return client().host  # allow: UG408


def main():
    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(call())


if __name__ == "__main__":
    main()
