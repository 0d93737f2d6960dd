"""Two readings of a sensor that were taken together."""

import threading


class Sensor:
    def __init__(self):
        self.temperature = 20
        self.humidity = 50

    def measure(self, temperature, humidity):
        self.temperature, self.humidity = temperature, humidity  # expect: UG404; allow: UG408

    def comfort(self):
        return self.temperature * 2 + self.humidity  # expect: UG404; allow: UG408


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
