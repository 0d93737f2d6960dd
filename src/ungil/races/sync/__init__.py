"""What orders threads in the standard library, as something to listen to."""

from ungil.races.sync.c_functions import Hook, c_functions
from ungil.races.sync.python_functions import Listening

__all__ = ["Hook", "Listening", "c_functions"]
