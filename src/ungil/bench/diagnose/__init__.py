"""Why does it stop scaling?

One run is looked at closely, which only raises suspicions. Each suspicion is tried: the same
work is measured with one thing changed, in turns with the work as it is. What is as much faster
as is worth telling, and apart from noise, is a cause, and the measured gain is the evidence.

`runs` asks the worker, `suspicion` says what to try, `turns` measures it, `naming` finds which
object it is, `deciding` says what is a cause, `words` and `telling` tell it. All but `runs` work
on plain values.
"""

from ungil.bench.diagnose.telling import explain

__all__ = ["explain"]
