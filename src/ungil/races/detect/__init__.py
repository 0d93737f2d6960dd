"""Events -> races: what nothing orders, and locks taken in a deadly order."""

from ungil.races.detect.happens_before import HappensBefore, Race
from ungil.races.detect.lock_order import Arrow, Inversion, LockOrder

__all__ = ["Arrow", "HappensBefore", "Inversion", "LockOrder", "Race"]
