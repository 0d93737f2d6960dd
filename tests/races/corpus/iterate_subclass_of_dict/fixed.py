"""Handlers are looked through while one is added."""

import threading


class Handlers(dict):
    lock = threading.Lock()

    def of(self, event):
        with self.lock:
            return {name for name in self if event.startswith(name)}

    def learn(self, name):
        with self.lock:
            self.setdefault(name, print)


def main():
    handlers = Handlers(page=print, pay=print)
    finding = threading.Thread(target=handlers.of, args=("payment",))
    learning = threading.Thread(target=handlers.learn, args=("payment",))
    finding.start()
    learning.start()
    finding.join()
    learning.join()
    print(len(handlers.of("payment")))


if __name__ == "__main__":
    main()
