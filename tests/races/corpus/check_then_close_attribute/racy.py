"""A connection is closed from two sides."""

import threading


class Connection:
    def close(self):
        pass


class Client:
    def __init__(self):
        self.connection = Connection()

    def close(self):
        if self.connection is not None:  # expect: UG402
            self.connection.close()  # allow: UG402, UG408
            self.connection = None  # expect: UG402


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
