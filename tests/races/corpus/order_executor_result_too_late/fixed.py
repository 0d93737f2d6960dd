"""The caller goes on counting while the task counts."""

from concurrent.futures import ThreadPoolExecutor


class Meter:
    def __init__(self):
        self.units = 0

    def read(self, units):
        self.units += units


def main():
    meter = Meter()
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(meter.read, 7)
        future.result()
        meter.read(5)
    print(meter.units)


if __name__ == "__main__":
    main()
