"""Where the server is, in the attributes of a class."""

import threading


class Server:
    host = "old"
    port = 80


def relocate():
    Server.host = "new"  # expect: UG404; allow: UG408
    Server.port = 8080  # expect: UG404; allow: UG408


def connect():
    return Server.host, Server.port  # expect: UG404; allow: UG408


def main():
    moving = threading.Thread(target=relocate)
    connecting = threading.Thread(target=connect)
    moving.start()
    connecting.start()
    moving.join()
    connecting.join()
    print(connect())


if __name__ == "__main__":
    main()
