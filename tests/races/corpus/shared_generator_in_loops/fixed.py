"""Two workers share the lines of a generator, each with a for loop."""

import queue
import threading


def lines():
    for number in range(10):
        yield f"line {number}"


def work(source, done):
    while (line := source.get()) is not None:
        done.append(line)


def main():
    source = queue.SimpleQueue()
    done = []
    workers = [threading.Thread(target=work, args=(source, done)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for line in lines():
        source.put(line)
    for _ in workers:
        source.put(None)
    for worker in workers:
        worker.join()
    print(len(done) <= 10)


if __name__ == "__main__":
    main()
