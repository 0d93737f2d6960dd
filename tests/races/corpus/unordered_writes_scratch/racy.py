"""A parser keeps the text at hand in itself, and two threads use one parser."""

import threading


class Parser:
    def parse(self, text):
        self.text = text  # expect: UG407; allow: UG408, UG404
        self.fields = self.split()  # allow: UG407, UG408, UG404, UG401
        return self.fields[0]  # allow: UG408, UG404

    def split(self):
        return self.text.split(",")  # allow: UG408, UG404


def main():
    parser = Parser()
    threads = [threading.Thread(target=parser.parse, args=(text,)) for text in ("a,b", "c,d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
