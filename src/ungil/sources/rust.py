"""The extension modules of Rust crates.

- `#[pymodule]` declares what its option `gil_used` says (PyO3 0.23 and later);
  without the option, PyO3 0.28 and later declare that the GIL is not used, and
  earlier ones that it is (PyO3's guide, "Supporting Free-Threaded CPython",
  and its migration guide, "from 0.27 to 0.28").
- A hand-written `PyInit_x` has a slot `Py_mod_gil` or not, as in C.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from ungil.extensions import Declaration
from ungil.findings import Location
from ungil.sources.model import SourceModule, Toolchain, UnreadableError
from ungil.sources.requirements import read_toml, table
from ungil.sources.syntax import child, line, parse, readable, text, walk
from ungil.sources.tree import SourceFile, Tree

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["modules_in", "pyo3_version"]

_DEFAULT_CHANGED = Version("0.28")
_INTRODUCED = Version("0.23")


def pyo3_version(tree: Tree, file: SourceFile) -> Version | None:
    """The PyO3 that a source is compiled with: locked, or else the least that is allowed."""
    folder = file.folder
    while True:
        prefix = f"{folder}/" if folder else ""
        for name, reader in (("Cargo.lock", _locked), ("Cargo.toml", _required)):
            found = tree.at(f"{prefix}{name}")
            version = None if found is None else _read(found, reader)
            if version is not None:
                return version
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _read(file: SourceFile, reader: Any) -> Version | None:  # noqa: ANN401 - as tomllib gives it
    try:
        version = reader(read_toml(file))
    except UnreadableError:
        return None
    try:
        return None if version is None else Version(version)
    except InvalidVersion:
        return None


def _locked(document: dict[str, Any]) -> str | None:
    packages = document.get("package")
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict) and package.get("name") == "pyo3":
            version = package.get("version")
            return version if isinstance(version, str) else None
    return None


def _required(document: dict[str, Any]) -> str | None:
    for path in (("dependencies",), ("workspace", "dependencies")):
        entry = table(document, *path).get("pyo3")
        version = entry.get("version") if isinstance(entry, dict) else entry
        if isinstance(version, str):
            # Cargo's `0.23` means at least 0.23 (The Cargo Book, "Version requirement syntax").
            return version.split(",")[0].strip("^~=> ").replace(".*", "") or None
    return None


def modules_in(
    file: SourceFile, data: bytes, version: Version | None
) -> tuple[list[SourceModule], set[str]]:
    """The modules of a Rust source, and the names it uses as submodules.

    A submodule is put into another module by the crate's own code; the
    interpreter never looks at its declaration.

    Raises:
        UnreadableError: The parser is not installed.
    """
    if b"pymodule" not in data and b"PyInit_" not in data:
        return [], set(_wrapped(data))
    if not readable("rust"):
        raise UnreadableError("no parser of Rust is installed")
    root = parse("rust", data)
    found = []
    for node in walk(root):
        if node.type in {"function_item", "mod_item"}:
            module = _pymodule(file, node, version) or _entry(file, root, node)
            if module is not None:
                found.append(module)
    return found, set(_wrapped(data))


def _wrapped(data: bytes) -> Iterator[str]:
    """The names in `wrap_pymodule!(…)`."""
    for piece in data.split(b"wrap_pymodule!")[1:]:
        name = piece.lstrip(b" (").split(b")")[0].strip()
        yield name.decode("utf-8", "replace").rpartition("::")[2]


def _attributes(node: Node) -> Iterator[Node]:
    sibling = node.prev_named_sibling
    while sibling is not None and sibling.type in {"attribute_item", "line_comment"}:
        yield sibling
        sibling = sibling.prev_named_sibling


def _pymodule(file: SourceFile, node: Node, version: Version | None) -> SourceModule | None:
    attributes = [list(_tokens(attribute)) for attribute in _attributes(node)]
    ours = [words for words in attributes if "pymodule" in words[:4] and "cfg_attr" not in words]
    if not ours or _is_inside_pymodule(node):
        return None
    name = text(child(node, "name"))
    settings: dict[str, str] = {}
    for words in attributes:
        if "pymodule" in words[:4] or words[:1] == ["pyo3"]:
            settings |= _settings(words)
    name = settings.get("name", name).strip('"')
    written = settings.get("gil_used") or _called(node)
    where = Location(file.label, line(node))
    if written in {"true", "false"}:
        declaration = Declaration.NOT_USED if written == "false" else Declaration.USED
        return SourceModule(
            name, Toolchain.PYO3, declaration, True, where, f"It says gil_used = {written}."
        )
    return _default(name, where, version)


def _default(name: str, where: Location, version: Version | None) -> SourceModule:
    tool = Toolchain.PYO3
    if version is None:
        reason = "Which PyO3 it is compiled with is not written in a Cargo.lock or Cargo.toml."
        return SourceModule(name, tool, Declaration.UNKNOWN, False, where, reason)
    if version >= _DEFAULT_CHANGED:
        reason = f"PyO3 {version} declares by itself that the GIL is not used."
        return SourceModule(name, tool, Declaration.NOT_USED, False, where, reason)
    if version < _INTRODUCED:
        reason = f"PyO3 {version} does not know free-threaded Python; 0.23 is the first that does."
        return SourceModule(name, tool, Declaration.USED, False, where, reason)
    reason = f"It does not say gil_used = false, and PyO3 {version} declares that it uses the GIL."
    return SourceModule(name, tool, Declaration.USED, False, where, reason)


def _tokens(attribute: Node) -> Iterator[str]:
    """The words of an attribute, in order."""
    for node in walk(attribute):
        is_word = not node.children and node.type not in {"#", "[", "]", "!"}
        if is_word or node.type == "string_literal":
            yield text(node)


def _settings(words: list[str]) -> dict[str, str]:
    return {words[i - 1]: words[i + 1] for i in range(1, len(words) - 1) if words[i] == "="}


def _called(node: Node) -> str | None:
    """The argument of `module.gil_used(…)` in the body."""
    for inner in walk(node):
        if inner.type == "call_expression":
            function = child(inner, "function")
            arguments = child(inner, "arguments")
            if text(child(function, "field")) == "gil_used" and arguments is not None:
                return text(arguments).strip("()").strip()
    return None


def _is_inside_pymodule(node: Node) -> bool:
    """A module inside `#[pymodule] mod` is a submodule."""
    parent = node.parent
    while parent is not None:
        if parent.type == "mod_item" and any(
            "pymodule" in list(_tokens(attribute))[:4] for attribute in _attributes(parent)
        ):
            return True
        parent = parent.parent
    return False


def _entry(file: SourceFile, root: Node, node: Node) -> SourceModule | None:
    """A hand-written `PyInit_x`, with the slots of its file."""
    name = text(child(node, "name"))
    if node.type != "function_item" or not name.startswith("PyInit_") or name == "PyInit_":
        return None
    name = name.removeprefix("PyInit_")
    where = Location(file.label, line(node))
    answers = [
        (constant, _holds([list(_tokens(attribute)) for attribute in _attributes(slot)]))
        for slot in walk(root)
        if slot.type == "struct_expression" and text(child(slot, "name")) == "PyModuleDef_Slot"
        for constant in ("Py_MOD_GIL_NOT_USED", "Py_MOD_GIL_USED")
        if constant in text(slot)
    ]
    declaration, explicit, reason = _of_slots(answers)
    return SourceModule(name, Toolchain.PYO3, declaration, explicit, where, reason)


def _of_slots(slots: list[tuple[str, bool | None]]) -> tuple[Declaration, bool, str]:
    """What slots declare, each with whether it is compiled in; None if that is not known."""
    compiled = {constant for constant, holds in slots if holds}
    if any(holds is None for _, holds in slots) or len(compiled) > 1:
        return Declaration.UNKNOWN, False, "Conditions that are not known decide between its slots."
    if compiled == {"Py_MOD_GIL_NOT_USED"}:
        return Declaration.NOT_USED, True, "It declares Py_MOD_GIL_NOT_USED."
    if compiled:
        return Declaration.USED, True, "It declares Py_MOD_GIL_USED."
    return Declaration.USED, False, "It is written by hand, and its file has no slot Py_mod_gil."


def _holds(attributes: list[list[str]]) -> bool | None:
    """Do all `#[cfg(…)]` hold for a free-threaded 3.14? None if that is not known."""
    answers = [_condition(words[1:]) for words in attributes if words[:1] == ["cfg"]]
    if False in answers:
        return False
    return None if None in answers else True


def _condition(words: list[str]) -> bool | None:
    """A predicate of The Rust Reference, "Conditional compilation"."""
    frames: list[tuple[str, list[bool | None]]] = [("all", [])]
    skipping = False
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if word in {",", ")"}:
            skipping = False
        if word == ")" and len(frames) > 1:
            operator, values = frames.pop()
            frames[-1][1].append(_combined(operator, values))
        elif after == "(" and word in {"all", "any", "not"}:
            frames.append((word, []))
        elif after == "=":
            frames[-1][1].append(None)
            skipping = True
        elif word not in {"(", ")", ","} and not skipping:
            frames[-1][1].append(_flag(word))
    return _combined(*frames[0])


def _combined(operator: str, values: list[bool | None]) -> bool | None:
    if operator == "not":
        return None if values[:1] in ([], [None]) else not values[0]
    decisive = operator == "any"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _flag(name: str) -> bool | None:
    """What PyO3's build configuration sets for a free-threaded 3.14 (pyo3-build-config)."""
    if name == "Py_GIL_DISABLED":
        return True
    version = name.removeprefix("Py_3_")
    if version != name and version.isdigit():
        return int(version[:4]) <= 14
    return False if name in {"Py_LIMITED_API", "PyPy", "GraalPy"} else None
