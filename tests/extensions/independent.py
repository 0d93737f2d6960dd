"""What LIEF, which reads whole files at once, finds in a library."""

from dataclasses import dataclass

import lief

from ungil.extensions.images.image import ENTRY_PREFIXES, Image, Import

lief.logging.disable()

_SYMBOLIC = {
    "X86_64_64", "X86_32", "AARCH64_ABS64", "ARM_ABS32", "PPC64_ADDR64", "SYSZ_64", "RISCV_64",
}  # fmt: skip
_BOUND = ("GLOB_DAT", "JUMP_SLOT", "JMP_SLOT")


@dataclass(frozen=True)
class Found:
    """Relocated words and what they will hold, entries, imports."""

    words: dict[int, int | Import | None]
    entries: dict[str, int]
    imported: set[str]


def found(data: bytes, image: Image) -> Found:
    """The same as the image should say; words in the file are read through it."""
    if image.format == "Mach-O":
        universal = lief.MachO.parse(list(data))  # which owns its slices
        return _macho(universal.at(0), image)
    return (_elf if image.format == "ELF" else _pe)(lief.parse(list(data)), image)


def _held(image, address):
    return int.from_bytes(image.bytes_at(address, image.bits // 8), image.byte_order)


def _elf(binary, image):
    words = {r.address: _elf_word(r, _held(image, r.address)) for r in binary.relocations}
    symbols = list(binary.dynamic_symbols)
    entries = {s.name: s.value for s in symbols if s.shndx and s.name.startswith(ENTRY_PREFIXES)}
    return Found(words, entries, {s.name for s in symbols if s.name and not s.shndx})


def _elf_word(relocation, held):
    kind = relocation.type.name
    bound = kind.endswith(_BOUND)
    addend = relocation.addend if relocation.is_rela else 0 if bound else held
    symbol = relocation.symbol
    if kind.endswith("_RELATIVE"):
        return addend if relocation.is_rela else held
    if not bound and kind not in _SYMBOLIC:
        return None
    if symbol.shndx:
        return symbol.value + addend
    return None if addend else Import(symbol.name)


def _macho(binary, image):
    words = {}
    for relocation in binary.relocations:
        fixup = isinstance(relocation, lief.MachO.RelocationFixup)
        address = relocation.address
        words[address] = relocation.target if fixup else _held(image, address)
    imported = set()
    for binding in binary.bindings:
        name = binding.symbol.name.removeprefix("_")
        imported.add(name)
        words[binding.address] = None if binding.addend else Import(name)
    trie = binary.dyld_exports_trie if binary.has_dyld_exports_trie else binary.dyld_info
    entries = {
        export.symbol.name[1:]: binary.imagebase + export.address
        for export in trie.exports
        if export.symbol.name[1:].startswith(ENTRY_PREFIXES)
    }
    return Found(words, entries, imported)


def _pe(binary, image):
    base = binary.optional_header.imagebase
    words = {
        base + entry.address: _held(image, base + entry.address)
        for block in binary.relocations
        for entry in block.entries
        if entry.type.name in ("DIR64", "HIGHLOW")
    }
    imported = set()
    libraries = [(library, library.import_address_table_rva) for library in binary.imports]
    libraries += [(library, library.iat) for library in binary.delay_imports]
    for library, slots in libraries:
        for index, entry in enumerate(library.entries):
            ordinal = f"ordinal {entry.ordinal} of {library.name}"
            name = ordinal if entry.is_ordinal else entry.name
            imported.add(name)
            words[base + slots + index * image.bits // 8] = Import(name)
    exports = binary.get_export().entries if binary.has_exports else ()
    entries = {
        export.name: base + export.address
        for export in exports
        if export.name.startswith(ENTRY_PREFIXES) and not export.is_forwarded
    }
    return Found(words, entries, imported)
