"""Two threads resolve names with one resolver, which keeps on a stack where they are."""

import threading
from contextlib import contextmanager


class Scopes(threading.local):
    def __init__(self, base):
        self.stack = [base]


class Resolver:
    def __init__(self, base):
        self.scopes = Scopes(base)
        self.resolved = []

    @contextmanager
    def within(self, scope):
        self.scopes.stack.append(scope)
        try:
            yield
        finally:
            self.scopes.stack.pop()

    def resolve(self, name):
        self.resolved.append(f"{self.scopes.stack[-1]}/{name}")


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
