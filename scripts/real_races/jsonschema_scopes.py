"""Two threads validate with one validator whose schema has references."""

# mypy: ignore-errors
import threading

from jsonschema import Draft7Validator

schema = {
    "$id": "http://shop.example/order",
    "definitions": {"price": {"$id": "http://shop.example/price", "type": "number"}},
    "type": "array",
    "items": {"$ref": "#/definitions/price"},
}
validator = Draft7Validator(schema)
validator.is_valid([1])
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(50):
        validator.is_valid([1, 2, 3])


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
