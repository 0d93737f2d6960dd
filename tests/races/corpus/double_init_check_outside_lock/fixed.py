"""A model is loaded under a lock, but the question whether it is loaded is not."""

import threading


class Model:
    def __init__(self):
        self._weights = None
        self._lock = threading.Lock()

    def weights(self):
        if self._weights is None:  # allow: UG408
            with self._lock:
                if self._weights is None:
                    self._weights = [0.5] * 10  # allow: UG408
        return self._weights  # allow: UG408


def main():
    model = Model()
    threads = [threading.Thread(target=model.weights) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(model.weights()))


if __name__ == "__main__":
    main()
