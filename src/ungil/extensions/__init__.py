"""Compiled modules: ELF, Mach-O, PE -> module definition -> GIL declaration."""

from ungil.extensions.model import BinaryError, Declaration, ExtensionModule, Initialisation
from ungil.extensions.reading import read

__all__ = ["BinaryError", "Declaration", "ExtensionModule", "Initialisation", "read"]
