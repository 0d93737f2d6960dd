"""Why does it stop scaling?

One run is looked at closely, which only raises suspicions. Each suspicion is tried: the same
work is measured with one thing changed, in turns with the work as it is. What is as much faster
as is worth telling, and apart from noise, is a cause, and the measured gain is the evidence.

`runs` asks the worker, `suspicion` says what to try, `turns` measures it, `naming` finds which
object it is, `deciding` says what is a cause and `words` tells it. All but `runs` are functions
of plain values.
"""

from ungil.bench.diagnose.diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
