"""A line of words that are being removed."""

import threading


class Text:
    def __init__(self):
        self.words = ["so", "much", "depends"]

    def line(self):
        return " ".join(word.title() for word in self.words)  # expect: UG405

    def cut(self):
        self.words.pop(0)  # expect: UG405


def main():
    text = Text()
    joining = threading.Thread(target=text.line)
    cutting = threading.Thread(target=text.cut)
    joining.start()
    cutting.start()
    joining.join()
    cutting.join()
    print(text.line())


if __name__ == "__main__":
    main()
