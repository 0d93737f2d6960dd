"""Where the server is, in the attributes of a class."""

import threading


class Server:
    host = "old"
    port = 80
    lock = threading.Lock()


def relocate():
    with Server.lock:
        Server.host = "new"
        Server.port = 8080


def connect():
    with Server.lock:
        return Server.host, Server.port


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
