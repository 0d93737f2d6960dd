"""Two threads ask one time zone for its offsets."""

# mypy: ignore-errors
import io
import threading
from datetime import datetime

from dateutil import tz

CALENDAR = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
berlin = tz.tzical(io.StringIO(CALENDAR)).get("Europe/Berlin")
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for day in range(1, 29):
        datetime(1972, 7, day, 12, tzinfo=berlin).utcoffset()


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
