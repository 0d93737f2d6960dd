"""Two sources set the same option."""

import threading


def from_file(options):
    options["level"] = "info"
    options["file"] = "app.ini"


def from_environment(options):
    options["level"] = "debug"
    options["user"] = "ann"


def main():
    options = {}
    first = threading.Thread(target=from_file, args=(options,))
    second = threading.Thread(target=from_environment, args=(options,))
    first.start()
    first.join()
    second.start()
    second.join()
    print(len(options))


if __name__ == "__main__":
    main()
