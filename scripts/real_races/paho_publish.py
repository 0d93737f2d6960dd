"""Two threads publish through one client."""

# mypy: ignore-errors
import threading

from paho.mqtt.client import Client

client = Client()
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for number in range(200):
        client.publish("shop/price", str(number), qos=1)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
