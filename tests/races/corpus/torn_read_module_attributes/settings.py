"""What can be changed while the program runs."""

import threading

language = "de"
greeting = "hallo"
lock = threading.Lock()
