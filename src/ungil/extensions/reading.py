"""A binary's bytes -> its extension modules and what they declare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ungil.extensions.budget import Budget
from ungil.extensions.code.aarch64 import AArch64
from ungil.extensions.code.definition import Declared
from ungil.extensions.code.follow import follow
from ungil.extensions.code.processor import Processor
from ungil.extensions.code.x86_64 import X8664
from ungil.extensions.data import declared_by_data, declared_by_imports
from ungil.extensions.images import open_images
from ungil.extensions.images.image import Image
from ungil.extensions.model import Declaration, ExtensionModule, Initialisation
from ungil.extensions.source import ByteSource, InMemory, Mapped
from ungil.extensions.toolchain import guess

__all__ = ["read"]


def read(binary: str | os.PathLike[str] | bytes | ByteSource) -> list[ExtensionModule]:
    """The extension modules of a shared library, and what each declares about the GIL.

    Nothing is loaded or run. A library that is no extension module gives an
    empty list; a universal Mach-O file gives each module once for each of its
    machines.

    Args:
        binary: A path, the bytes themselves, or something that reads parts of
            them where they are needed.

    Raises:
        BinaryError: It is no ELF, Mach-O or PE file, or a damaged one.
        OSError: The file cannot be opened.
    """
    if isinstance(binary, str | os.PathLike):
        with Mapped(Path(binary)) as source:
            return _read(source)
    return _read(InMemory(binary) if isinstance(binary, bytes) else binary)


def _read(source: ByteSource) -> list[ExtensionModule]:
    # What gives a toolchain away may be anywhere, so it is looked for only in
    # what is here: of a remote file it would cost more than all else together.
    here = isinstance(source, InMemory | Mapped)
    return [
        module for image in open_images(source) for module in _Reader(image, guesses=here).modules()
    ]


class _Reader:
    """Reads the modules of one image."""

    def __init__(self, image: Image, *, guesses: bool) -> None:
        self._image = image
        self._guesses = guesses
        self._budget = Budget()

    def modules(self) -> Iterator[ExtensionModule]:
        entries = self._image.entries()
        if not entries:
            return
        toolchain = guess(self._image) if self._guesses else None
        undeclared = declared_by_imports(self._image)
        # A disassembler may not be shared between threads, so each image has one.
        processor = _processor(self._image)
        for symbol, address in entries.items():
            name, export = module_name(symbol)
            if undeclared is not None and not export:
                declared, found_by = undeclared, "data"
            else:
                declared, found_by = self._declared(processor, name, address, export=export)
            yield ExtensionModule(
                name=name,
                format=self._image.format,
                machine=self._image.machine,
                initialisation=declared.initialisation,
                toolchain=toolchain,
                declaration=declared.declaration,
                explicit=declared.explicit,
                found_by=found_by,
                reason=declared.reason,
            )

    def _declared(
        self, processor: Processor | None, name: str, address: int, *, export: bool
    ) -> tuple[Declared, str]:
        if processor is None:
            machine = self._image.machine
            why = f"code for {machine} is not followed, and the data alone does not tell"
            followed = Declared(Initialisation.UNKNOWN, Declaration.UNKNOWN, False, why)
        else:
            followed = follow(self._image, processor, address, export=export, budget=self._budget)
            if followed.declaration is not Declaration.UNKNOWN:
                return followed, "code"
            if followed.initialisation is not Initialisation.UNKNOWN:
                # The definition was found, and code does with it what the data
                # alone would not show.
                return followed, ""
        found = None if export else declared_by_data(self._image, name, self._budget)
        return (found, "data") if found is not None else (followed, "")


def module_name(symbol: str) -> tuple[str, bool]:
    """A module's name from its symbol, and whether that exports slots (PEP 793).

    `PyInitU_` and `PyModExportU_` carry a name in Punycode, whose last hyphen
    has become an underscore (PEP 489).
    """
    prefix, _, name = symbol.partition("_")
    if prefix.endswith("U"):
        basic, _, rest = name.rpartition("_")
        with suppress(UnicodeError):  # a symbol that CPython would never ask for
            name = (f"{basic}-{rest}" if basic else rest).encode("ascii").decode("punycode")
    return name, prefix.startswith("PyModExport")


def _processor(image: Image) -> Processor | None:
    if image.machine == "x86_64":
        return X8664(windows=image.format == "PE")
    if image.machine == "aarch64":
        return AArch64(windows=image.format == "PE")
    return None
