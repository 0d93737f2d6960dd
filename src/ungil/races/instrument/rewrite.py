"""Source -> a syntax tree that tells of its accesses, and computes what it did.

*Touch, do not replace.* `o.x` becomes `attribute(o, 'x', …).x`: the function tells the
watcher and gives `o` back, and the access itself stays the instruction that it was. So
the order of evaluation, the identity of what `+=` changes in place, the single evaluation
of an index, `super()`, name mangling and the interpreter's specialised instructions are
as before. Helpers that get and set in the program's place are what breaks programs.

| source | becomes |
|---|---|
| `o.x`, `o.x = v`, `del o.x`, `o.x += v` | `attribute(o, 'x', mode, site).x` … |
| `o[i]`, `o[i] = v`, `del o[i]`, `o[i] += v` | `holding(o, site)[item(i, mode, site)]` … |
| `o[a:b]`, `o[await i]` | `whole(o, mode, site)[a:b]` … |

Every new node has the place of the one that it stands around, so tracebacks, debuggers
and coverage see the same lines.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from importlib.util import decode_source

from ungil.races.trace import Mode, Site

__all__ = ["MODES", "PREFIX", "Rewritten", "rewrite"]

PREFIX = "__ungil_"
"""The calls go to builtins of these names, e.g. `__ungil_attribute__`: no namespace of
the program changes. They end in underscores, too, so no class mangles them."""

MODES = tuple(Mode)
"""In the calls a mode is its index here."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A module that tells of its accesses.

    Attributes:
        tree: To be compiled.
        sites: Where, by the numbers that the calls give.
    """

    tree: ast.Module
    sites: tuple[Site, ...]


def rewrite(source: str | bytes, path: str) -> Rewritten:
    """Let a module tell of its accesses.

    Args:
        source: Of the whole module.
        path: As the sites shall name it.

    Raises:
        SyntaxError: Of the source; as `compile` has it.
        RecursionError: It is nested more deeply than can be followed.
        ValueError: It holds a null byte.
    """
    tree = ast.parse(source, path)
    text = source if isinstance(source, str) else decode_source(source)
    # Only these end a line; str.splitlines knows more.
    lines = [line.encode() for line in re.split(r"\r\n|\r|\n", text)]
    rewriter = _Rewriter(path, lines)
    module: ast.Module = rewriter.visit(tree)
    return Rewritten(ast.fix_missing_locations(module), tuple(rewriter.sites))


@dataclass
class _Rewriter(ast.NodeTransformer):
    """Goes through a module; the methods' names are those that `ast` looks for."""

    path: str
    lines: list[bytes]
    sites: list[Site] = field(default_factory=list)
    class_name: str = ""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._attribute(node, _mode_of(node.ctx))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return self._subscript(node, _mode_of(node.ctx))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if isinstance(node.target, ast.Attribute):
            self._attribute(node.target, Mode.UPDATE)
        elif isinstance(node.target, ast.Subscript):
            self._subscript(node.target, Mode.UPDATE)
        node.value = self.visit(node.value)
        return node

    def _attribute(self, node: ast.Attribute, mode: Mode) -> ast.expr:
        site = self._site(node)
        # The object of a super() is made for this one access.
        made_here = _is_super(node.value)
        node.value = self.visit(node.value)
        if not made_here:
            name = ast.Constant(self._mangled(node.attr))
            node.value = _call("attribute", node, node.value, name, _number(mode), site)
        return node

    def _subscript(self, node: ast.Subscript, mode: Mode) -> ast.expr:
        site = self._site(node)
        # A key that is awaited or yielded may come in another thread; a slice is no value.
        is_value = not any(
            isinstance(part, ast.Slice | ast.Starred | ast.Await | ast.Yield | ast.YieldFrom)
            for part in ast.walk(node.slice)
        )
        node.value, node.slice = self.visit(node.value), self.visit(node.slice)
        if is_value:
            node.value = _call("holding", node, node.value, site)
            node.slice = _call("item", node, node.slice, _number(mode), site)
        else:
            node.value = _call("whole", node, node.value, _number(mode), site)
        return node

    # What must stay as it is

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        # An annotation may be a text, or never be evaluated, and is no access that matters.
        node.target = self.visit(node.target)
        node.value = self.visit(node.value) if node.value is not None else None
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node  # its annotation, likewise

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        # A pattern holds only names and literals, by its grammar (PEP 634).
        node.guard = self.visit(node.guard) if node.guard is not None else None
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node  # an annotation by another name (PEP 695)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.bases = [self.visit(one) for one in node.bases]
        node.keywords = [self.visit(one) for one in node.keywords]
        around, self.class_name = self.class_name, node.name
        node.body = [self.visit(statement) for statement in node.body]
        self.class_name = around
        return node

    def _mangled(self, attribute: str) -> str:
        """As the compiler will have it (language reference, 6.2.1)."""
        around = self.class_name.lstrip("_")
        private = attribute.startswith("__") and not attribute.endswith("__")
        return f"_{around}{attribute}" if private and around else attribute

    def _site(self, node: ast.expr) -> ast.Constant:
        # ast.unparse would write the whole of `a.b.c` anew for each of its parts.
        line = self.lines[node.lineno - 1]
        ends_here = node.end_lineno == node.lineno
        text = line[node.col_offset : node.end_col_offset if ends_here else None].decode()
        self.sites.append(Site(self.path, node.lineno, text if ends_here else f"{text} …"))
        return ast.Constant(len(self.sites) - 1)


def _mode_of(context: ast.expr_context) -> Mode:
    return Mode.READ if isinstance(context, ast.Load) else Mode.WRITE


def _number(mode: Mode) -> ast.Constant:
    return ast.Constant(MODES.index(mode))


def _call(function: str, place: ast.expr, *args: ast.expr) -> ast.expr:
    """A call, at the place of a node that it becomes a part of."""
    called = ast.Name(f"{PREFIX}{function}__", ast.Load())
    new = ast.Call(called, list(args), [])
    for part in (new, called, *args):
        if not hasattr(part, "lineno"):
            ast.copy_location(part, place)
    return new


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )
