"""A formatter with scratch state that is used by threads through one module."""

import threading

scratch = threading.local()


def shout(text):
    scratch.text = text
    return finish()


def finish():
    return scratch.text.upper() + "!"


def main():
    threads = [threading.Thread(target=shout, args=(text,)) for text in ("hey", "ho")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
