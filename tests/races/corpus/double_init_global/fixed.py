"""One client for the whole program, made on first use."""

import threading

_client = None
_client_lock = threading.Lock()


class Client:
    def __init__(self, host):
        self.host = host


def client():
    global _client
    with _client_lock:
        if not _client:
            _client = Client("localhost")
        return _client


def call():
    return client().host


def main():
    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(call())


if __name__ == "__main__":
    main()
