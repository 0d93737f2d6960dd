"""The language and its words are changed in a module of settings."""

import threading

import settings


def switch():
    with settings.lock:
        settings.language = "en"
        settings.greeting = "hello"


def greet():
    with settings.lock:
        return settings.greeting + " (" + settings.language + ")"


def main():
    switching = threading.Thread(target=switch)
    greeting = threading.Thread(target=greet)
    switching.start()
    greeting.start()
    switching.join()
    greeting.join()
    print(greet())


if __name__ == "__main__":
    main()
