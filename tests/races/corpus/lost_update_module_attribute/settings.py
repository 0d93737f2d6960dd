"""What the program is set to."""

import threading

LIMIT = 1000
requests = 0
lock = threading.Lock()
