"""A formatter with scratch state that is used by threads through one module."""

import threading

scratch = {}


def shout(text):
    scratch["text"] = text  # expect: UG407; allow: UG408
    return finish()


def finish():
    return scratch["text"].upper() + "!"  # allow: UG408


def main():
    threads = [threading.Thread(target=shout, args=(text,)) for text in ("hey", "ho")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
