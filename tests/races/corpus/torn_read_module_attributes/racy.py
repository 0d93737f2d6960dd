"""The language and its words are changed in a module of settings."""

import threading

import settings


def switch():
    settings.language = "en"  # expect: UG404; allow: UG408
    settings.greeting = "hello"  # expect: UG404; allow: UG408


def greet():
    return settings.greeting + " (" + settings.language + ")"  # expect: UG404; allow: UG408


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
