"""Only the first that asks for it starts the machine."""

import threading


class Machine:
    def __init__(self):
        self.state = "off"
        self.lit = []
        self.starting = threading.Lock()

    def start(self):
        with self.starting:
            if self.state != "off":
                return
            self._light()

    def _light(self):
        self.state = "on"
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
