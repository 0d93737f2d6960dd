"""What threads wait for: locks, the garbage collector, and whatever else lets them sleep.

Watching costs time, so a run that is watched says what there is and not how long it takes
without: that is measured in runs that are not watched.
"""
