"""Two readings of a sensor that were taken together."""

import threading


class Sensor:
    def __init__(self):
        self.reading = 20, 50

    def measure(self, temperature, humidity):
        self.reading = temperature, humidity  # allow: UG408

    def comfort(self):
        temperature, humidity = self.reading  # allow: UG408
        return temperature * 2 + humidity


def main():
    sensor = Sensor()
    measuring = threading.Thread(target=sensor.measure, args=(25, 40))
    reading = threading.Thread(target=sensor.comfort)
    measuring.start()
    reading.start()
    measuring.join()
    reading.join()
    print(sensor.comfort())


if __name__ == "__main__":
    main()
