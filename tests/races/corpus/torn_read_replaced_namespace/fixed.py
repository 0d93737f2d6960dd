"""All settings of a server are replaced while somebody reads two of them."""

import threading


class Server:
    def __init__(self, host, port):
        self.place = host, port

    def move(self, host, port):
        self.__dict__ = {"place": (host, port)}  # allow: UG408

    def address(self):
        host, port = self.place  # allow: UG408
        return f"{host}:{port}"


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
