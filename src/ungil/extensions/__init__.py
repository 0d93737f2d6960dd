"""Compiled modules: ELF, Mach-O, PE -> module definition -> GIL declaration."""

from ungil.extensions.archive import Archive, ArchiveError, Member
from ungil.extensions.importing import Importable, Imported, confirm
from ungil.extensions.model import BinaryError, Declaration, ExtensionModule, Initialisation
from ungil.extensions.reading import read
from ungil.extensions.unpacked import unpacked

__all__ = [
    "Archive",
    "ArchiveError",
    "BinaryError",
    "Declaration",
    "ExtensionModule",
    "Importable",
    "Imported",
    "Initialisation",
    "Member",
    "confirm",
    "read",
    "unpacked",
]
