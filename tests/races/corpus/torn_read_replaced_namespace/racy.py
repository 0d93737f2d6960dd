"""All settings of a server are replaced while somebody reads two of them."""

import threading


class Server:
    def __init__(self, host, port):
        self.host = host
        self.port = port

    def move(self, host, port):
        self.__dict__ = {"host": host, "port": port}  # expect: UG404

    def address(self):
        return f"{self.host}:{self.port}"  # expect: UG404


def main():
    server = Server("one.example", 1)
    moving = threading.Thread(target=server.move, args=("two.example", 2))
    asking = threading.Thread(target=server.address)
    moving.start()
    asking.start()
    moving.join()
    asking.join()
    print(server.address())


if __name__ == "__main__":
    main()
