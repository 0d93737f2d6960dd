"""A parcel and its van are locked in two orders."""

import threading

parcel_lock = threading.Lock()
van_lock = threading.Lock()


def load():
    with parcel_lock:  # expect: UG409
        with van_lock:  # expect: UG409
            pass


def unload():
    with van_lock:  # expect: UG409
        with parcel_lock:  # expect: UG409
            pass


def main():
    loading = threading.Thread(target=load)
    unloading = threading.Timer(0.03, unload)
    loading.start()
    unloading.start()
    loading.join()
    unloading.join()


if __name__ == "__main__":
    main()
