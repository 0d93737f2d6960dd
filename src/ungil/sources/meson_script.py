"""The calls of a project's `meson.build` files, with the values of their arguments.

Parsed by Meson's own parser (it is pure Python). Meson's interpreter was
rejected: it asks for compilers and runs programs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ungil.findings import Location
from ungil.sources.model import UnreadableError
from ungil.sources.script import UNKNOWN, BuildCall, both, chosen, flat, joined, negated, truth
from ungil.sources.tree import SourceFile, Tree

if TYPE_CHECKING:
    from mesonbuild import mparser

__all__ = ["calls_of", "is_readable"]

_MOST_STATEMENTS = 10_000


def is_readable() -> bool:
    """Is Meson's parser installed?"""
    try:
        importlib.import_module("mesonbuild.mparser")
    except ImportError:
        return False
    return True


def calls_of(tree: Tree, file: SourceFile) -> list[BuildCall]:
    """Every call of a root `meson.build` and of what it enters by `subdir()`.

    Raises:
        UnreadableError: One of them cannot be read, is no Meson, or is absurdly deep.
    """
    script = _Script(tree)
    try:
        script.file(file)
    except (RecursionError, MemoryError):
        raise UnreadableError("it nests too deeply to be meant") from None
    return script.calls


class _Script:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.calls: list[BuildCall] = []
        self.names: dict[str, Any] = {}
        self.here: list[SourceFile] = []
        self.statements = 0

    def file(self, file: SourceFile) -> None:
        if any(file.label == open_file.label for open_file in self.here):
            return
        mparser = importlib.import_module("mesonbuild.mparser")
        exceptions = importlib.import_module("mesonbuild.mesonlib")
        # It prints its warnings, with what it read.
        log = importlib.import_module("mesonbuild.mlog")
        text = file.text()
        try:
            with log.no_logging():
                block = mparser.Parser(text, file.label).parse()
        except exceptions.MesonException as error:
            what = str(error).splitlines()[0] if str(error) else "it cannot be parsed"
            raise UnreadableError(f"{file.label} is no Meson: {what}") from None
        self.here.append(file)
        self.block(block)
        self.here.pop()

    def block(self, block: mparser.BaseNode) -> None:
        for line in getattr(block, "lines", ()):
            self.statements += 1
            if self.statements > _MOST_STATEMENTS:
                raise UnreadableError("it is too long to be worked out")
            self.statement(line)

    def statement(self, node: Any) -> None:  # noqa: ANN401 - Meson's parser is untyped here
        match type(node).__name__:
            case "AssignmentNode":
                self.names[node.var_name.value] = self.value(node.value)
            case "PlusAssignmentNode":
                name = node.var_name.value
                self.names[name] = joined(self.names.get(name, UNKNOWN), self.value(node.value))
            case "IfClauseNode":
                self.condition(list(node.ifs), node.elseblock)
            case "ForeachClauseNode":
                self.loop(node)
            case _:
                self.value(node)

    def condition(self, ifs: list[Any], otherwise: Any) -> None:  # noqa: ANN401 - likewise
        if not ifs:
            self.block(getattr(otherwise, "block", None) or otherwise)
            return
        known = truth(self.value(ifs[0].condition))
        if known is True:
            self.block(ifs[0].block)
        elif known is False:
            self.condition(ifs[1:], otherwise)
        else:
            before = dict(self.names)
            self.block(ifs[0].block)
            after, self.names = self.names, before
            self.condition(ifs[1:], otherwise)
            self.names = both(after, self.names)

    def loop(self, node: Any) -> None:  # noqa: ANN401 - likewise
        items = self.value(node.items)
        names = [name.value for name in node.varnames]
        if isinstance(items, dict):
            rounds: list[Any] = [[key, value] for key, value in items.items()]
        else:
            rounds = [[item] for item in items] if isinstance(items, list) else [[UNKNOWN] * 2]
        for values in rounds:
            self.names.update(zip(names, values, strict=False))
            self.block(node.block)

    def value(self, node: Any) -> Any:  # noqa: ANN401 - likewise
        result: object
        match type(node).__name__:
            case "StringNode" | "BooleanNode" | "NumberNode":
                is_filled = getattr(node, "is_fstring", False) and "@" in str(node.value)
                result = UNKNOWN if is_filled else node.value
            case "IdNode":
                result = self.names.get(node.value, UNKNOWN)
            case "ArrayNode":
                result = [self.value(item) for item in node.args.arguments]
            case "DictNode":
                pairs = node.args.kwargs.items()
                result = {str(self.value(key)): self.value(item) for key, item in pairs}
            case "ParenthesizedNode":
                result = self.value(node.inner)
            case "FunctionNode" | "MethodNode":
                result = self.call(node)
            case _:
                result = self.operation(node)
        return result

    def operation(self, node: Any) -> Any:  # noqa: ANN401 - likewise
        match type(node).__name__:
            case "ArithmeticNode":
                return _arithmetic(node.operation, self.value(node.left), self.value(node.right))
            case "IndexNode":
                return _item(self.value(node.iobject), self.value(node.index))
            case "TernaryNode":
                ways = self.value(node.trueblock), self.value(node.falseblock)
                return chosen(self.value(node.condition), *ways)
            case "NotNode":
                return negated(self.value(node.value))
        return UNKNOWN

    def call(self, node: Any) -> Any:  # noqa: ANN401 - likewise
        method = type(node).__name__ == "MethodNode"
        name = node.name.value if method else node.func_name.value
        receiver = self.value(node.source_object) if method else None
        arguments = tuple(self.value(item) for item in node.args.arguments)
        keywords = {
            str(getattr(key, "value", "")): self.value(item)
            for key, item in node.args.kwargs.items()
        }
        call = BuildCall(name, arguments, keywords, self.location(node), receiver)
        if name == "version_compare":
            # What the build asks of its tools, a free-threaded Python asks of them as well:
            # Cython 3.1, NumPy 2.1 and Meson 1.3 were the first that know it.
            return _is_at_least(arguments)
        if name == "subdir" and arguments and isinstance(arguments[0], str):
            self.enter(arguments[0])
        if name == "flatten" or (name in {"split", "format"} and isinstance(receiver, str)):
            return list(flat(receiver)) if name == "flatten" else UNKNOWN
        self.calls.append(call)
        return call

    def enter(self, folder: str) -> None:
        parent = self.here[-1].folder
        label = "/".join(part for part in (parent, folder.strip("/"), "meson.build") if part)
        below = self.tree.at(label)
        if below is not None:
            self.file(below)

    def location(self, node: Any) -> Location:  # noqa: ANN401 - likewise
        return Location(self.here[-1].label, int(node.lineno))


def _arithmetic(operation: str, left: object, right: object) -> object:
    """`+`, and `/`, which joins paths; only the end of a path matters here.

    Meson 1.10 has renamed the operations from words to signs.
    """
    if operation in {"/", "div"} and isinstance(right, str):
        return f"{left}/{right}" if isinstance(left, str) else right
    return joined(left, right) if operation in {"+", "add"} else UNKNOWN


def _item(base: object, index: object) -> Any:  # noqa: ANN401 - likewise
    if isinstance(base, list) and isinstance(index, int):
        return base[index] if -len(base) <= index < len(base) else UNKNOWN
    return base.get(index, UNKNOWN) if isinstance(base, dict) else UNKNOWN


def _is_at_least(arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - likewise
    wanted = arguments[0] if arguments else UNKNOWN
    return True if isinstance(wanted, str) and wanted.lstrip().startswith(">") else UNKNOWN
