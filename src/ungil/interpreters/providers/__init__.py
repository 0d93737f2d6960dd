"""Where interpreters come from, in the order in which they are tried.

uv is the fastest and touches nothing but its own directory; pyenv builds, and
so works where nobody has built before; conda needs an environment; the
system's package manager needs privileges.
"""

from ungil.interpreters.providers.conda import Conda
from ungil.interpreters.providers.offer import Offer, Provider, Refusal
from ungil.interpreters.providers.pyenv import Pyenv, newest
from ungil.interpreters.providers.system import System
from ungil.interpreters.providers.uv import Uv

__all__ = ["PROVIDERS", "Offer", "Provider", "Refusal", "newest"]

PROVIDERS: tuple[Provider, ...] = (Uv(), Pyenv(), Conda(), System())
