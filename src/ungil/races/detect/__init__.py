"""Events -> races: what nothing orders, and locks taken in a deadly order."""

from ungil.races.detect.happens_before import EVERY_ITEM, HappensBefore, Race
from ungil.races.detect.lock_order import Arrow, Inversion, LockOrder

__all__ = ["EVERY_ITEM", "Arrow", "HappensBefore", "Inversion", "LockOrder", "Race"]
