"""Only the first that asks for it starts the machine."""

import threading


class Machine:
    def __init__(self):
        self.state = "off"
        self.lit = []

    def start(self):
        if self.state != "off":  # expect: UG402
            return
        self._light()

    def _light(self):
        self.state = "on"  # expect: UG402
        self.lit.append("lamp")


def main():
    machine = Machine()
    threads = [threading.Thread(target=machine.start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(machine.state)


if __name__ == "__main__":
    main()
