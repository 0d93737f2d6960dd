"""Two sources set the same option."""

import threading


def from_file(options):
    options["level"] = "info"  # expect: UG407
    options["file"] = "app.ini"


def from_environment(options):
    options["level"] = "debug"  # expect: UG407
    options["user"] = "ann"


def main():
    options = {}
    first = threading.Thread(target=from_file, args=(options,))
    second = threading.Thread(target=from_environment, args=(options,))
    first.start()
    second.start()
    first.join()
    second.join()
    print(len(options))


if __name__ == "__main__":
    main()
