"""Two workers share the lines of a generator, each with a for loop."""

import threading


def lines():
    for number in range(10):
        yield f"line {number}"


def work(source, done):
    for line in source:  # expect: UG406
        done.append(line)


def main():
    source = lines()
    done = []
    workers = [threading.Thread(target=work, args=(source, done)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(len(done) <= 10)


if __name__ == "__main__":
    main()
