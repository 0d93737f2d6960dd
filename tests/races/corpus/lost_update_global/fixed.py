"""Downloaded bytes, in a global."""

import threading
from threading import Lock as L

downloaded = 0
guard = L()


def download(sizes):
    global downloaded
    for size in sizes:
        with guard:
            downloaded += size


def main():
    threads = [threading.Thread(target=download, args=([512] * 20,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(downloaded)


if __name__ == "__main__":
    main()
