"""Rooms of a chat are made when the first guest comes."""

import threading


class Chat:
    def __init__(self):
        self.rooms = {}

    def join(self, room, guest):
        self.rooms.setdefault(room, []).append(guest)


def enter(chat, guest):
    chat.join("lobby", guest)


def main():
    chat = Chat()
    threads = [threading.Thread(target=enter, args=(chat, guest)) for guest in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(chat.rooms))


if __name__ == "__main__":
    main()
