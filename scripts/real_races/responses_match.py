"""Two threads send requests that several registered responses match."""

# mypy: ignore-errors
import threading

import requests
import responses

mocked = responses.RequestsMock(assert_all_requests_are_fired=False)
names = ["pear", "plum"] * 10
for name in names * 3:
    mocked.add(responses.GET, f"http://shop.example/{name}", body="1")
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for name in names:
        requests.get(f"http://shop.example/{name}", timeout=1)


threads = [threading.Thread(target=work) for _ in range(2)]
with mocked:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
