"""What is read from compiled modules, against what their source says."""

import functools
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from building import compile_library, import_library
from hypothesis import given
from hypothesis import strategies as st
from modules import IMPORTS, STYLES, source

from ungil.extensions import BinaryError, Declaration, ExtensionModule, read

LEVELS = ["-O0", "-O1", "-O2", "-O3", "-Os"]
FOLLOWED = {
    "x86_64-linux-gnu": ("ELF", "x86_64"),
    "aarch64-linux-gnu": ("ELF", "aarch64"),
    "x86_64-macos": ("Mach-O", "x86_64"),
    "aarch64-macos": ("Mach-O", "aarch64"),
    "x86_64-windows-gnu": ("PE", "x86_64"),
    "aarch64-windows-gnu": ("PE", "aarch64"),
}
NOT_FOLLOWED = {
    "x86-windows-gnu": ("PE", "x86"),
    "arm-linux-gnueabihf": ("ELF", "arm"),
    "riscv64-linux-gnu": ("ELF", "riscv64"),
    "s390x-linux-gnu": ("ELF", "s390x"),
}


def build(compiler, target, level, names=tuple(STYLES), *, free_threaded=True) -> bytes:
    # At -O0 clang would check itself, which needs a run-time library.
    flags: tuple[str, ...] = () if compiler == "gcc" else ("-fno-sanitize=all",)
    if target and "macos" in target:
        flags += ("-Wl,-undefined,dynamic_lookup",)
    elif target and "windows" in target:
        flags += (str(import_library(IMPORTS, machine=target.split("-", maxsplit=1)[0])),)
    text = source(names, free_threaded=free_threaded)
    return compile_library(text, compiler=compiler, target=target, optimise=level, flags=flags)


@functools.cache
def modules(compiler: str, target: str | None, level: str) -> dict[str, ExtensionModule]:
    return {m.name: m for m in read(build(compiler, target, level))}


def wrong(found: dict[str, ExtensionModule]) -> list[str]:
    """Modules read as something else than they are; unknown is not wrong."""
    return [
        f"{name}: {m.declaration} instead of {STYLES[name].declaration} ({m.reason})"
        for name, m in found.items()
        if m.declaration not in {STYLES[name].declaration, Declaration.UNKNOWN}
    ]


def undecided(found: dict[str, ExtensionModule]) -> set[str]:
    """Modules that are read as unknown, though they could be known."""
    return {
        name
        for name, m in found.items()
        if m.declaration is Declaration.UNKNOWN
        and STYLES[name].declaration is not Declaration.UNKNOWN
    }


CASES = [("gcc", None, level) for level in LEVELS] + [
    ("zig", target, level)
    for target in FOLLOWED
    for level in (LEVELS if target == "x86_64-linux-gnu" else ["-O0", "-O2"])
]


@pytest.mark.parametrize(("compiler", "target", "level"), CASES)
def test_every_style_is_read_rightly(compiler, target, level):
    found = modules(compiler, target, level)
    assert found.keys() == STYLES.keys()
    assert not wrong(found)
    assert undecided(found) <= {name for name, style in STYLES.items() if style.hard}
    for name, module in found.items():
        if module.declaration is not Declaration.UNKNOWN:
            assert module.initialisation is STYLES[name].initialisation
            assert module.found_by in {"code", "data"}
        assert module.reason
    if target:
        assert {(m.format, m.machine) for m in found.values()} == {FOLLOWED[target]}


@pytest.mark.parametrize("target", NOT_FOLLOWED)
def test_without_following_code_nothing_is_read_wrongly_that_data_tells(target):
    found = modules("zig", target, "-O2")
    assert {(m.format, m.machine) for m in found.values()} == {NOT_FOLLOWED[target]}
    # Data cannot see what code stores; whoever does that and means something
    # else than the file says is the reason for following code where possible.
    stored = {"overwritten", "decided", "decided_by_branch", "one_of_two"}
    assert not wrong({n: m for n, m in found.items() if n not in stored})
    assert found["slot_not_used"].declaration is Declaration.NOT_USED
    assert found["slot_used"].declaration is Declaration.USED
    assert found["slot_used"].found_by == "data"


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_modules_of_a_gil_enabled_build_are_read_too(level):
    found = {m.name: m for m in read(build("gcc", None, level, free_threaded=False))}
    assert not wrong(found)
    assert not undecided(found) - {name for name, style in STYLES.items() if style.hard}


def test_an_explicit_declaration_is_told_from_the_default():
    found = modules("gcc", None, "-O2")
    explicit = {name for name, m in found.items() if m.explicit}
    assert {"slot_used", "slot_not_used", "single_used", "exported_used"} <= explicit
    assert not explicit & {"no_slot", "no_slots", "single", "exported_bare"}


def test_a_library_without_modules_gives_nothing():
    library = compile_library("int one(void) { return 1; }", compiler="gcc")
    assert read(library) == []


def test_a_path_is_read_like_its_bytes(tmp_path: Path):
    data = build("gcc", None, "-O2")
    file = tmp_path / "styles.so"
    file.write_bytes(data)
    assert read(file) == read(str(file)) == read(data)


def test_a_universal_file_gives_every_slice():
    slices = [build("zig", f"{machine}-macos", "-O2") for machine in ("x86_64", "aarch64")]
    kinds = [(0x01000007, 3), (0x0100000C, 0)]
    header = (0xCAFEBABE).to_bytes(4, "big") + len(slices).to_bytes(4, "big")
    offset, body = 1 << 14, b""
    for (machine, sub), data in zip(kinds, slices, strict=True):
        for number in (machine, sub, offset + len(body), len(data), 14):
            header += number.to_bytes(4, "big")
        body += data + b"\0" * (-len(data) % (1 << 14))
    found = read(header.ljust(offset, b"\0") + body)
    assert Counter(m.machine for m in found) == {"x86_64": len(STYLES), "aarch64": len(STYLES)}
    assert not wrong({m.name: m for m in found if m.machine == "x86_64"})


@pytest.mark.parametrize("symbol", ["PyInitU_f_1ga", "PyModExportU_f_1ga"])
def test_a_name_that_is_not_ascii_is_decoded(symbol):
    # "fö" is "f-1ga" in Punycode, and a hyphen becomes an underscore (PEP 489).
    library = compile_library(f"void *{symbol}(void) {{ return 0; }}", compiler="gcc")
    assert [m.name for m in read(library)] == ["fö"]


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"PK\x03\x04", b"#!/bin/sh\n", b"\0" * 99]
)
def test_what_is_no_binary_is_refused(data):
    with pytest.raises(BinaryError):
        read(data)


def test_a_missing_file_and_a_directory_are_refused(tmp_path):
    with pytest.raises((BinaryError, OSError)):
        read(tmp_path / "missing.so")
    with pytest.raises(BinaryError):
        read(tmp_path)


@given(st.data())
def test_damage_never_leads_to_anything_but_an_answer_or_a_refusal(data):
    target = data.draw(st.sampled_from(["x86_64-linux-gnu", "aarch64-macos", "x86_64-windows-gnu"]))
    binary = bytearray(build("zig", target, "-O2", ("slot_not_used", "single_with_errors")))
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(binary) - 1))
        piece = data.draw(st.binary(min_size=1, max_size=16))
        binary[start : start + len(piece)] = piece
    size = data.draw(st.one_of(st.just(len(binary)), st.integers(0, len(binary))))
    with suppress(BinaryError):
        read(bytes(binary[:size]))
