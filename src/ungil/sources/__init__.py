"""A project's own sources -> what they declare about the GIL, and what porting needs."""

from ungil.sources.inspect import inspect
from ungil.sources.model import Inspection, SourceModule, Toolchain

__all__ = ["Inspection", "SourceModule", "Toolchain", "inspect"]
