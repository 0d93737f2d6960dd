"""Two workers take jobs from a list until there are none."""

import threading


def work(jobs, done):
    while len(jobs) > 0:  # expect: UG402
        done.append(jobs.pop())  # expect: UG402


def main():
    jobs = list(range(20))
    done = []
    threads = [threading.Thread(target=work, args=(jobs, done)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(done))


if __name__ == "__main__":
    main()
