"""A connection is closed from two sides."""

import threading


class Connection:
    def close(self):
        pass


class Client:
    def __init__(self):
        self.connection = Connection()
        self.lock = threading.Lock()

    def close(self):
        with self.lock:
            connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()


def main():
    client = Client()
    threads = [threading.Thread(target=client.close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(client.connection)


if __name__ == "__main__":
    main()
