"""Two threads decrypt with one private key."""

# mypy: ignore-errors
import threading

import rsa

public, private = rsa.newkeys(128)
secret = rsa.encrypt(b"shop", public)
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(30):
        rsa.decrypt(secret, private)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
