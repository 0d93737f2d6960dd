"""A parser keeps the text at hand in itself, and two threads use one parser."""

import threading


class Parser(threading.local):
    def parse(self, text):
        self.text = text
        self.fields = self.split()
        return self.fields[0]

    def split(self):
        return self.text.split(",")


def main():
    parser = Parser()
    threads = [threading.Thread(target=parser.parse, args=(text,)) for text in ("a,b", "c,d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
