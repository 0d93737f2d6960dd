"""A binary's bytes -> its extension modules and what they declare."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from ungil.extensions.data import declared_by_data
from ungil.extensions.definition import Declared
from ungil.extensions.image import Image
from ungil.extensions.images import open_images
from ungil.extensions.model import Declaration, ExtensionModule, Initialisation
from ungil.extensions.processor import Processor
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
    return [
        _module(image, symbol, address)
        for image in open_images(source)
        for symbol, address in image.entries().items()
    ]


def _module(image: Image, symbol: str, address: int) -> ExtensionModule:
    name, export = module_name(symbol)
    declared, found_by = _declared(image, name, address, export=export)
    return ExtensionModule(
        name=name,
        format=image.format,
        machine=image.machine,
        initialisation=declared.initialisation,
        toolchain=guess(image),
        declaration=declared.declaration,
        explicit=declared.explicit,
        found_by=found_by,
        reason=declared.reason,
    )


def module_name(symbol: str) -> tuple[str, bool]:
    """A module's name from its symbol, and whether that exports slots (PEP 793).

    `PyInitU_` and `PyModExportU_` carry a name in Punycode (PEP 489).
    """
    prefix, _, name = symbol.partition("_")
    if prefix.endswith("U"):
        try:
            name = name.replace("_", "-").encode("ascii").decode("punycode")
        except UnicodeError:
            pass  # a symbol that CPython would never ask for
    return name, prefix.startswith("PyModExport")


def _declared(image: Image, name: str, address: int, *, export: bool) -> tuple[Declared, str]:
    processor = _processor(image.machine, image.format)
    if processor is None:
        why = f"code for {image.machine} is not followed, and the data alone does not tell"
        followed = Declared(Initialisation.UNKNOWN, Declaration.UNKNOWN, False, why)
    else:
        from ungil.extensions.follow import follow  # noqa: PLC0415 - loads a disassembler

        followed = follow(image, processor, address, export=export)
        if followed.declaration is not Declaration.UNKNOWN:
            return followed, "code"
    read = None if export else declared_by_data(image, name)
    return (read, "data") if read is not None else (followed, "")


@lru_cache
def _processor(machine: str, format_name: str) -> Processor | None:
    if machine == "x86_64":
        from ungil.extensions.x86_64 import X86_64  # noqa: PLC0415 - loads a disassembler

        return X86_64(windows=format_name == "PE")
    if machine == "aarch64":
        from ungil.extensions.aarch64 import AArch64  # noqa: PLC0415 - likewise

        return AArch64(windows=format_name == "PE")
    return None
