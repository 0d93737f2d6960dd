"""Who does a job says so before it lets go of the lock."""

import threading


class Jobs:
    def __init__(self):
        self.running = set()
        self.lock = threading.Lock()

    def run(self, name):
        with self.lock:
            if name in self.running:
                return
            self.running.add(name)
        with self.lock:
            self.running.discard(name)


def main():
    jobs = Jobs()
    threads = [threading.Thread(target=lambda: jobs.run("a")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(jobs.running)


if __name__ == "__main__":
    main()
