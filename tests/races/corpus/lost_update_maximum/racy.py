"""The highest temperature that any sensor has seen."""

import threading


class Weather:
    def __init__(self):
        self.highest = -100

    def measure(self, temperature):
        self.highest = max(self.highest, temperature)  # expect: UG401; allow: UG408


def sensor(weather, temperatures):
    for temperature in temperatures:
        weather.measure(temperature)


def main():
    weather = Weather()
    threads = [
        threading.Thread(target=sensor, args=(weather, [12, 19, 14])),
        threading.Thread(target=sensor, args=(weather, [11, 17, 21])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(weather.highest)


if __name__ == "__main__":
    main()
