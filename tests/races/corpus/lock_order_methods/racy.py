"""A model tells its view, and the view asks its model."""

import threading


class Model:
    def __init__(self):
        self.lock = threading.RLock()
        self.view = View(self)
        self.value = 0

    def get(self):
        with self.lock:  # expect: UG409
            return self.value

    def set(self, value):
        with self.lock:  # expect: UG409
            self.value = value
            self.view.show(value)


class View:
    def __init__(self, model):
        self.lock = threading.RLock()
        self.model = model
        self.shown = None

    def show(self, value):
        with self.lock:  # expect: UG409
            self.shown = value

    def refresh(self):
        with self.lock:  # expect: UG409
            self.shown = self.model.get()


def main():
    model = Model()
    setting = threading.Thread(target=model.set, args=(5,))
    refreshing = threading.Timer(0.03, model.view.refresh)
    setting.start()
    refreshing.start()
    setting.join()
    refreshing.join()


if __name__ == "__main__":
    main()
