"""Two threads resolve names with one resolver, which keeps on a stack where they are."""

import threading
from contextlib import contextmanager


class Resolver:
    def __init__(self, base):
        self.scopes = [base]
        self.resolved = []

    @contextmanager
    def within(self, scope):
        self.scopes.append(scope)  # expect: UG402
        try:
            yield
        finally:
            self.scopes.pop()  # expect: UG402

    def resolve(self, name):
        self.resolved.append(f"{self.scopes[-1]}/{name}")


def resolve_in(resolver, scope):
    for name in ("price", "amount"):
        with resolver.within(scope):
            resolver.resolve(name)


def main():
    resolver = Resolver("shop")
    threads = [
        threading.Thread(target=resolve_in, args=(resolver, scope))
        for scope in ("shop/order", "shop/bill")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(resolver.resolved))


if __name__ == "__main__":
    main()
