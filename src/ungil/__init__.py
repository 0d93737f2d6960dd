"""ungil takes Python projects off the GIL.

The command line is the main door (`ungil --help`). Importing this package
imports nothing but the standard library, because its runtime parts are meant
to live inside other people's processes.
"""

from ungil._version import __version__

__all__ = ["__version__"]
