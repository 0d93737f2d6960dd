"""The answer of whichever source is slower wins."""

import threading


def ask(sources):
    answer = None

    def run(source):
        nonlocal answer
        answer = source()  # expect: UG407

    threads = [threading.Thread(target=run, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answer


def main():
    print(ask([lambda: 1, lambda: 1]))


if __name__ == "__main__":
    main()
