"""Libraries of every format and processor, against LIEF; damaged ones."""

import contextlib
import gzip
import struct
from collections import defaultdict
from pathlib import Path

import pytest
from building import compile_library, import_library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ungil.extensions.images import open_images
from ungil.extensions.images.image import Import
from ungil.extensions.model import BinaryError
from ungil.extensions.source import InMemory

RECORDED = Path(__file__).parent / "recorded"

SOURCE = r"""
#ifdef _WIN32
#define API __declspec(dllexport)
#define SUPPLIED __declspec(dllimport) extern
int DllMainCRTStartup(void *a, int b, void *c) { return 1; }
int _DllMainCRTStartup(void *a, int b, void *c) { return 1; }
#else
#define API __attribute__((visibility("default")))
#define SUPPLIED extern
#endif
SUPPLIED int supplied_data;
SUPPLIED int supplied(int);
struct big { char bytes[70000]; };
static int hidden[100];
static char zeros[5000];
API int exported = 3;
API int ours(int x) { return x + 1; }
int *inner = &hidden[2], *mark = hidden;
API int *own_data = &exported + 1;
#ifndef _WIN32
int *theirs = &supplied_data, *behind = &supplied_data + 1, *before = &supplied_data - 1;
int (*called)(int) = supplied;
#endif
int (*mine)(int) = ours;
const char *const name = "a constant string";
const char *const table[600] = {[0] = "first", [64] = "second", [599] = "last"};
API void *PyInit_plain(void) { return inner + supplied(ours(supplied_data)); }
API void *PyInitU_tda(void) { return zeros; }
API void *PyModExport_plain(void) { return (void *)table; }
API void *PyModExportU_tda(void) { return mark; }
API void *Py(void) { return mine; }
API void *PyJnit_not(void) { return 0; }
API void *zz_PyInit_not(void) { return 0; }
"""
ENTRIES = {"PyInit_plain", "PyInitU_tda", "PyModExport_plain", "PyModExportU_tda"}
SUPPLIED = "LIBRARY python314t.dll\nEXPORTS\nsupplied\nsupplied_data DATA\n"

LINUX = [
    ("x86_64-linux-gnu", "x86_64"),
    ("x86_64-linux-musl", "x86_64"),
    ("x86-linux-gnu", "x86"),
    ("aarch64-linux-gnu", "aarch64"),
    ("arm-linux-gnueabihf", "arm"),
    ("powerpc64le-linux-gnu", "ppc64le"),
    ("s390x-linux-gnu", "s390x"),
    ("riscv64-linux-gnu", "riscv64"),
]
MACOS = [("x86_64-macos", "x86_64"), ("aarch64-macos", "aarch64")]
WINDOWS = [
    ("x86_64-windows-gnu", "x86_64"),
    ("aarch64-windows-gnu", "aarch64"),
    ("x86-windows-gnu", "x86"),
]


def linux(target="x86_64-linux-gnu", *flags, source=SOURCE):
    return compile_library(source, compiler="zig", target=target, flags=flags)


def macos(target="aarch64-macos"):
    flags = ("-Wl,-undefined,dynamic_lookup",)
    return compile_library(SOURCE, compiler="zig", target=target, flags=flags)


def windows(target="x86_64-windows-gnu", source=SOURCE, definition=SUPPLIED):
    library = import_library(definition, machine=target.partition("-")[0])
    return compile_library(source, compiler="zig", target=target, flags=(str(library),))


def recorded(name):
    return gzip.decompress((RECORDED / f"{name}.gz").read_bytes())


def image_of(data):
    [image] = open_images(InMemory(data))
    return image


class Watched:
    """A source that keeps what is asked for."""

    def __init__(self, data):
        self._data = data
        self.size = len(data)
        self.reads = []

    def read(self, offset, size):
        self.reads.append((offset, size))
        return self._data[offset : offset + size]


def agree_with_lief(data):
    independent = pytest.importorskip("independent", reason="LIEF is not installed")
    image = image_of(data)
    expected = independent.found(data, image)
    assert expected.words
    assert {place: image.word(place) for place in expected.words} == expected.words
    assert image.entries() == expected.entries
    assert set(image.imported()) == expected.imported
    places = defaultdict(list)
    for place, value in expected.words.items():
        if isinstance(value, int):
            places[value].append(place)
    assert {value: sorted(image.words_equal(value)) for value in places} == {
        value: sorted(found) for value, found in places.items()
    }
    return image


@pytest.mark.parametrize(("target", "machine"), LINUX)
@pytest.mark.parametrize("flags", [(), ("-Wl,--hash-style=sysv",), ("-Wl,--hash-style=gnu",)])
def test_elf_of_every_processor(target, machine, flags):
    image = agree_with_lief(linux(target, *flags))
    assert (image.format, image.machine) == ("ELF", machine)
    assert image.entries().keys() == ENTRIES
    assert {"supplied", "supplied_data"} <= set(image.imported())


@pytest.mark.parametrize("flags", [(), ("-Wl,-z,pack-relative-relocs",), ("-Wl,-z,norelro", "-s")])
def test_elf_of_the_other_linker(flags):
    data = compile_library(SOURCE, compiler="gcc", flags=flags)
    assert agree_with_lief(data).entries().keys() == ENTRIES
    packed = struct.pack("<QQ", 37, 8)  # DT_RELRENT
    assert (packed in data) == ("-Wl,-z,pack-relative-relocs" in flags)


@pytest.mark.parametrize(("target", "machine"), MACOS)
def test_mach_o(target, machine):
    image = agree_with_lief(macos(target))
    assert (image.format, image.machine, image.bits) == ("Mach-O", machine, 64)
    assert image.entries().keys() == ENTRIES
    assert {"supplied", "supplied_data"} <= set(image.imported())


@pytest.mark.parametrize(("target", "machine"), WINDOWS)
def test_pe(target, machine):
    image = agree_with_lief(windows(target))
    assert (image.format, image.machine) == ("PE", machine)
    assert image.entries().keys() == ENTRIES
    assert set(image.imported()) == {"supplied", "supplied_data"}


def test_no_entries_and_no_exports():
    for data in (
        linux(source="static int x; int *p = &x;"),
        linux(
            "x86_64-linux-gnu",
            "-Wl,--hash-style=gnu",
            source="int a(void); static int b(void)"
            "{return a();} static int (*p)(void) = b; __attribute__((constructor)) "
            "static void f(void) { p(); }",
        ),
    ):
        assert image_of(data).entries() == {}
    assert "a" in image_of(data).imported()


def test_chained_fixups():
    image = image_of(recorded("chained.dylib"))
    assert image.entries().keys() == {"PyInit_chained"}
    assert image.imported() == ["imported_function", "imported_array", "imported_data"]
    words = {}
    for region in image.regions:
        if region.writable:
            for place in range(region.address, region.address + region.size - 7, 8):
                word = image.word(place)
                if word != 0:
                    words[place] = word
    kinds = list(words.values())
    here = {word for word in kinds if isinstance(word, int)}
    assert len(here) == 3  # &here[1], &here[2], &here[3]
    assert max(here) - min(here) == 8
    assert [w for w in kinds if isinstance(w, Import)].count(Import("imported_data")) == 2
    assert kinds.count(None) == 2  # imports plus an addend
    for word in here:
        assert set(image.words_equal(word)) == {place for place, w in words.items() if w == word}
    assert sum(len(list(image.words_equal(word))) for word in here) == 4


def chained(pointer_format, words):
    """The recorded library with other words at the start of its first chain."""
    data = bytearray(recorded("chained.dylib"))
    image = image_of(bytes(data))
    first = next(region.address for region in image.regions if region.writable)
    # Here offsets in the file are addresses.
    for index, word in enumerate(words):
        struct.pack_into("<Q", data, first + 8 * index, word)
    starts = data.find(struct.pack("<HHQ", 0x4000, 2, first))
    while starts >= 0:
        struct.pack_into("<H", data, starts + 2, pointer_format)
        starts = data.find(struct.pack("<H", 0x4000) + struct.pack("<H", 2), starts + 4)
    return image_of(bytes(data)), first


@pytest.mark.parametrize("pointer_format", [1, 9, 12])
def test_chained_fixups_of_arm64e(pointer_format):
    following = 1 << 51
    words = [
        0x12345 | following,
        0x12345 | 0x80 << 43 | following,  # its high byte
        0x12345 | 0xBEEF << 32 | 1 << 63 | following,  # signed
        0 | 1 << 62 | following,  # bound
        2 | 1 << 62 | 5 << 32 | following,  # with an addend
        0 | 1 << 62 | 0xBEEF << 32 | 1 << 63,  # signed
        77,  # in no chain
    ]
    image, first = chained(pointer_format, words)
    function = Import("imported_function")
    expected = [0x12345, 0x12345 | 0x80 << 56, 0x12345, function, None, function, 77]
    assert [image.word(first + 8 * index) for index in range(7)] == expected
    assert list(image.words_equal(0x12345)) == [first, first + 16]


@pytest.mark.parametrize("pointer_format", [2, 6])
def test_chained_fixups_with_a_high_byte(pointer_format):
    image, first = chained(pointer_format, [0x12345 | 0x80 << 36 | 2 << 51, 1 << 63 | 2 << 51, 7])
    values = [image.word(first + 8 * index) for index in range(3)]
    assert values == [0x12345 | 0x80 << 56, Import("imported_function"), 7]
    assert list(image.words_equal(0x12345 | 0x80 << 56)) == [first]


def test_chained_fixups_of_another_format():
    image, first = chained(7, [])
    assert image.entries()
    with pytest.raises(BinaryError, match="format 7"):
        image.word(first)


def test_delayed_imports():
    image = agree_with_lief(recorded("delayed.dll"))
    assert image.imported() == ["PyModuleDef_Init", "ordinal 7 of python314t.dll"]


FORWARDING = r"""
__declspec(dllimport) void *by_name(void); void *by_number(void);
__asm__(".section .drectve,\"yn\"\n .ascii \" -export:PyInit_far=other.PyInit_far\"\n.text\n");
__declspec(dllexport) void *PyInit_near(void) { return by_number() ? by_name() : 0; }
int DllMainCRTStartup(void *a, int b, void *c) { return 1; }
"""


def test_forwarded_exports_and_ordinals():
    definition = "LIBRARY other.dll\nEXPORTS\nby_name\nby_number @42 NONAME\n"
    data = windows(source=FORWARDING, definition=definition)
    assert b"PyInit_far" in data
    image = agree_with_lief(data)
    assert image.entries().keys() == {"PyInit_near"}
    assert set(image.imported()) == {"by_name", "ordinal 42 of other.dll"}


def universal(*slices, wide=False):
    """A universal file of slices."""
    magic, layout, size = (0xCAFEBABF, ">IIQQII", 32) if wide else (0xCAFEBABE, ">IIIII", 20)
    offset = 8 + len(slices) * size
    head, body = struct.pack(">II", magic, len(slices)), b""
    for data in slices:
        (processor, subtype) = struct.unpack_from("<II", data, 4)
        fields = [processor, subtype, offset + len(body), len(data), 0, 0]
        head += struct.pack(layout, *fields[: len(layout) - 1])
        body += data
    return head + body


@pytest.mark.parametrize("wide", [False, True])
def test_universal(wide):
    slices = [macos(target) for target, _ in MACOS]
    images = open_images(InMemory(universal(*slices, wide=wide)))
    assert [image.machine for image in images] == [machine for _, machine in MACOS]
    for image, data in zip(images, slices, strict=True):
        alone = image_of(data)
        assert image.entries() == alone.entries()
        assert image.regions == alone.regions
        for region in image.regions:
            size = min(region.size, 1 << 20)
            assert image.bytes_at(region.address, size) == alone.bytes_at(region.address, size)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"\x7fELF", "damaged"),
        (b"\x7fELF\2\1\1" + bytes(9), "cut short"),
        (b"!<arch>\n/ 0", "static or import library"),
        (b"\0asm\1\0\0\0", "WebAssembly"),
        (b"BC\xc0\xde", "bitcode"),
        (b"\xca\xfe\xba\xbe\0\0\0\x41 class", "Java class"),
        (b"\xca\xfe\xba\xbe\0\0\0\0", "empty"),
        (b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(20), "cut short"),
        (universal(b"!<arch>\nnothing"), "slice .* static"),
        (b"/* GNU ld script */\nINPUT(libx.so.1)\n", "text"),
        (b"\x64\x86\2\0", "Windows object file"),
        (b"MZ" + bytes(100), "DOS"),
        (b"\xcf\xfa\xed\xfe" + bytes(3), "cut short"),
        (b"PK\3\4", "zip"),
        (bytes(100), "unknown"),
    ],
)
def test_what_is_no_library(data, message):
    with pytest.raises(BinaryError, match=message) as caught:
        open_images(InMemory(data))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "offset", "value", "message"),
    [
        ("x86_64-linux-gnu", 16, 1, "object file"),
        ("x86_64-linux-gnu", 16, 2, "executable"),
        ("x86_64-macos", 12, 1, "object file"),
        ("x86_64-macos", 12, 2, "executable"),
    ],
)
def test_other_kinds_of_file(target, offset, value, message):
    data = bytearray(linux(target) if "linux" in target else macos(target))
    data[offset] = value
    with pytest.raises(BinaryError, match=message):
        open_images(InMemory(bytes(data)))


def test_an_object_file_and_an_executable():
    for flags, message in ((("-c",), "object file"), (("-no-pie",), "executable")):
        with pytest.raises(BinaryError, match=message):
            image_of(compile_library("int f;", compiler="gcc", flags=(*flags, "-no-pie")))


def libraries():
    return [
        linux(),
        linux("arm-linux-gnueabihf"),
        linux("s390x-linux-gnu"),
        macos(),
        windows(),
        windows("x86-windows-gnu"),
        recorded("chained.dylib"),
        recorded("delayed.dll"),
        universal(macos()),
    ]


def test_bytes_at():
    for image in map(image_of, libraries()):
        last = max(image.regions, key=lambda region: region.address)
        end = last.address + last.size
        assert image.bytes_at(last.address, 4) is not None
        assert image.bytes_at(end - 1, 1) is not None
        assert image.bytes_at(end - 1, 2) is None
        assert image.bytes_at(end, 1) is None
        assert image.bytes_at(last.address, -1) is None
        assert image.bytes_at(-1, 1) is None
        assert image.bytes_at(last.address, (1 << 20) + 1) is None
        assert image.word(end - 1) is None
        assert image.word(end) is None


ZEROS = """
int filled = 7;
char zeros[3 << 20];
void *PyInit_zeros(void) { return zeros; }
void **where(void) { static void *pointer = zeros; return &pointer; }
"""


@pytest.mark.parametrize("target", ["x86_64-linux-gnu", "aarch64-macos"])
def test_zeros_that_the_file_does_not_hold(target):
    image = image_of(linux(target, source=ZEROS))
    big = max(image.regions, key=lambda region: region.size)
    assert big.size >= 3 << 20
    assert big.writable
    place = big.address + big.size - (1 << 20)
    assert image.bytes_at(place, 1 << 20) == bytes(1 << 20)
    assert image.bytes_at(place, (1 << 20) + 1) is None


def test_what_is_constant_after_relocation():
    for image in (image_of(linux()), image_of(compile_library(SOURCE, compiler="gcc"))):
        entries = image.entries()
        writable = [region for region in image.regions if region.writable]
        assert writable
        assert not any(region.executable for region in writable)
        # `table` is const, and relocated.
        [pointer, *_] = image.words_equal(address_of(image, b"first\0"))
        assert region_of(image, pointer).writable is False
        assert region_of(image, entries["PyInit_plain"]).executable


def region_of(image, address):
    [region] = [r for r in image.regions if r.address <= address < r.address + r.size]
    return region


def address_of(image, text):
    for region in image.regions:
        data = image.bytes_at(region.address, min(region.size, 1 << 20))
        if text in data:
            return region.address + data.index(text)
    raise AssertionError(text)


def test_strings_are_where_pointers_lead():
    for image in map(image_of, libraries()[:6]):
        for text in (b"a constant string\0", b"first\0", b"second\0", b"last\0"):
            address = address_of(image, text)
            places = list(image.words_equal(address))
            assert places
            assert all(image.word(place) == address for place in places)


def test_section_headers_are_not_read():
    data = bytearray(linux())
    (start,) = struct.unpack_from("<Q", data, 40)
    image = image_of(bytes(data[:start]))
    assert image.entries() == image_of(bytes(data)).entries()


LARGE = "int filled[1 << 20] = {1, 2, 3, [(1 << 20) - 1] = 4};\nint Zzz(void) { return filled[7]; }"


@pytest.mark.parametrize("target", ["x86_64-linux-gnu", "aarch64-macos", "x86_64-windows-gnu"])
def test_little_is_read(target):
    flags = ("-Wl,-undefined,dynamic_lookup",) if "macos" in target else ()
    source = LARGE + "\nint DllMainCRTStartup(void *a, int b, void *c) { return 1; }"
    source = (
        source.replace("int Zzz", "__declspec(dllexport) int Zzz") if "win" in target else source
    )
    watched = Watched(compile_library(source, compiler="zig", target=target, flags=flags))
    assert watched.size > 4 << 20
    [image] = open_images(watched)
    assert image.entries() == {}
    assert len(watched.reads) < 40
    assert sum(size for _, size in watched.reads) < 8192


@pytest.mark.parametrize("end", [0.1, 0.3, 0.5])
def test_a_file_that_is_cut_short(end):
    for data in libraries():
        with pytest.raises(BinaryError):
            survey(data[: int(len(data) * end)])


def survey(data):
    """Call every method."""
    for image in open_images(InMemory(data)):
        entries = image.entries()
        image.imported()
        places = [*entries.values(), 0, 1 << 63]
        for region in image.regions:
            places += [region.address, region.address + region.size // 2 & -8]
            places += [region.address + region.size - 8]
        for place in places:
            image.bytes_at(place, 64)
            word = image.word(place)
            if isinstance(word, int):
                assert all(image.word(held) == word for held in image.words_equal(word))


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_gives_one_error(data):
    library = bytearray(data.draw(st.sampled_from(libraries())))
    for _ in range(data.draw(st.integers(1, 4))):
        # Headers and tables are at the ends.
        place = data.draw(
            st.one_of(
                st.integers(0, min(1024, len(library)) - 1),
                st.integers(0, len(library) - 1),
                st.integers(max(len(library) - 4096, 0), len(library) - 1),
            )
        )
        new = data.draw(
            st.one_of(
                st.binary(min_size=1, max_size=8),
                st.sampled_from([b"\xff" * 4, b"\xff" * 8, bytes(8), b"\x7f" + b"\xff" * 3]),
                st.just(bytes(library[place // 2 : place // 2 + 64])),
            )
        )
        library[place : place + len(new)] = new
    with contextlib.suppress(BinaryError):
        survey(bytes(library))
