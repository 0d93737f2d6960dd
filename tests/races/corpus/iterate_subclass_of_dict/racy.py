"""Handlers are looked through while one is added."""

import threading


class Handlers(dict):
    def of(self, event):
        return {name for name in self if event.startswith(name)}  # expect: UG405

    def learn(self, name):
        self.setdefault(name, print)  # expect: UG405


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
