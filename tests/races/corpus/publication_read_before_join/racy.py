"""A result is read although the thread that makes it has not been joined."""

import threading


class Job:
    def __init__(self):
        self.result = None

    def run(self):
        self.result = sum(range(100))  # expect: UG408


def main():
    job = Job()
    thread = threading.Thread(target=job.run)
    thread.start()
    print(job.result in {None, 4950})  # expect: UG408
    thread.join()


if __name__ == "__main__":
    main()
