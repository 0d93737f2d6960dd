"""Downloaded bytes, in a global."""

import threading

downloaded = 0


def download(sizes):
    global downloaded
    for size in sizes:
        downloaded += size  # expect: UG401


def main():
    threads = [threading.Thread(target=download, args=([512] * 20,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(downloaded)


if __name__ == "__main__":
    main()
