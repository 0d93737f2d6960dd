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
| `x` of an enclosing scope | `variable(mode, site) or x`, the call being false |
| `x = v`, `x += v` of one | `x = storing(v, mode, site)` … |

Which names are watched, `scopes` says. A variable of a function is told by its cell,
which is that of a function made for it: `variable(mode, site, lambda: x)`. What binds a
watched name in another way (`for x in`, `import x`, `def x`, …) is told of by a statement
beside it.

Every new node has the place of the one that it stands around, so tracebacks, debuggers
and coverage see the same lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import decode_source

from ungil.races.instrument.scopes import Scopes
from ungil.races.trace import Mode, Site

__all__ = ["MODES", "PREFIX", "Rewritten", "rewrite"]

PREFIX = "__ungil_"
"""The calls go to builtins of these names, e.g. `__ungil_attribute__`: no namespace of
the program changes. They end in underscores, too, so no class mangles them."""

MODES = tuple(Mode)
"""In the calls a mode is its index here."""

Place = ast.expr | ast.stmt | ast.ExceptHandler
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Statements = list[ast.stmt]


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
    scopes = Scopes(text, path, tree)
    # Only these end a line; str.splitlines knows more.
    lines = [line.encode() for line in re.split(r"\r\n|\r|\n", text)]
    rewriter = _Rewriter(path, lines, scopes)
    module: ast.Module = rewriter.visit(tree)
    return Rewritten(ast.fix_missing_locations(module), tuple(rewriter.sites))


@dataclass
class _Rewriter(ast.NodeTransformer):
    """Goes through a module; the methods' names are those that `ast` looks for."""

    path: str
    lines: list[bytes]
    scopes: Scopes
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
        if isinstance(node.target, ast.Name):
            node.value = self._storing(node.value, node.target, Mode.UPDATE)
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

    # Names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        told = self._shared(node.id, node, Mode.READ) if isinstance(node.ctx, ast.Load) else None
        if told is None:
            return node
        both = ast.BoolOp(ast.Or(), [_call("variable", node, *told), node])
        return ast.copy_location(both, node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        node.value = self._storing(self.visit(node.value), node.target, Mode.WRITE)
        return node

    def visit_Assign(self, node: ast.Assign) -> Statements:
        node.value = self.visit(node.value)
        others = []
        for index, target in enumerate(node.targets):
            if isinstance(target, ast.Name):
                node.value = self._storing(node.value, target, Mode.WRITE)
            else:
                node.targets[index] = self.visit(target)
                others += _bound_by(target)
        return [node, *self._told(node, others)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        # An annotation may be a text, or never be evaluated, and is no access that matters.
        if node.value is not None:
            node.value = self.visit(node.value)
            if isinstance(node.target, ast.Name):
                node.value = self._storing(node.value, node.target, Mode.WRITE)
        node.target = self.visit(node.target)
        return node

    def visit_Delete(self, node: ast.Delete) -> Statements:
        names = [name for target in node.targets for name in _bound_by(target)]
        self.generic_visit(node)
        return [*self._told(node, names), node]

    def visit_Import(self, node: ast.Import) -> Statements:
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        return [node, *self._told(node, names)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Statements:
        if node.module == "__future__":
            return [node]  # nothing may come between two of them
        return [node, *self._told(node, [alias.asname or alias.name for alias in node.names])]

    def visit_For(self, node: ast.For) -> Statements:
        return self._binding(node, [node.target])

    def visit_AsyncFor(self, node: ast.AsyncFor) -> Statements:
        return self._binding(node, [node.target])

    def visit_With(self, node: ast.With) -> Statements:
        return self._binding(node, [item.optional_vars for item in node.items])

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Statements:
        return self._binding(node, [item.optional_vars for item in node.items])

    def _binding(
        self,
        node: ast.For | ast.AsyncFor | ast.With | ast.AsyncWith,
        targets: Sequence[ast.expr | None],
    ) -> Statements:
        """A statement that binds names before its body."""
        names = [name for target in targets if target for name in _bound_by(target)]
        self.generic_visit(node)
        node.body[:0] = self._told(node, names)
        return [node]

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.body[:0] = self._told(node, [node.name] if node.name else [])
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        # A pattern holds only names and literals, by its grammar (PEP 634).
        names = [
            name
            for part in ast.walk(node.pattern)
            for name in (getattr(part, "name", None), getattr(part, "rest", None))
            if isinstance(name, str)
        ]
        node.guard = self.visit(node.guard) if node.guard is not None else None
        node.body = [*self._told(node.body[0], names), *self._statements(node.body)]
        return node

    def _storing(self, value: ast.expr, name: ast.Name, mode: Mode) -> ast.expr:
        """A value, behind which it is told that a name is bound to it."""
        told = self._shared(name.id, name, mode)
        return value if told is None else _call("storing", name, value, *told)

    def _told(self, place: ast.stmt | ast.ExceptHandler, names: Iterable[str]) -> list[ast.stmt]:
        """Statements that tell of what a statement binds."""
        told = [self._shared(name, place, Mode.WRITE) for name in names]
        calls = [_call("variable", place, *one) for one in told if one is not None]
        return [ast.copy_location(ast.Expr(call), place) for call in calls]

    def _shared(self, name: str, place: Place, mode: Mode) -> list[ast.expr] | None:
        """What is told of a name: the mode, the site, its cell; None if it is not watched."""
        kind = self.scopes.kind(name)
        if kind is None:
            return None
        told: list[ast.expr] = [_number(mode), self._site(place, name)]
        if kind == "cell":
            no_args = ast.arguments([], [], None, [], [], None, [])
            used = ast.copy_location(ast.Name(name, ast.Load()), place)
            told.append(ast.Lambda(no_args, used))
        return told

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Statements:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Statements:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statements:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args = self.visit(node.args)
        self.scopes.enter(node)
        node.body = self._statements(node.body)
        self.scopes.leave()
        return [node, *self._told(node, [node.name])]

    def visit_ClassDef(self, node: ast.ClassDef) -> Statements:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.bases = [self.visit(one) for one in node.bases]
        node.keywords = [self.visit(one) for one in node.keywords]
        around, self.class_name = self.class_name, node.name
        self.scopes.enter(node)
        node.body = self._statements(node.body)
        self.scopes.leave()
        self.class_name = around
        return [node, *self._told(node, [node.name])]

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        node.args = self.visit(node.args)
        self.scopes.enter(node)
        node.body = self.visit(node.body)
        self.scopes.leave()
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(node)

    def _comprehension(self, node: Comprehension) -> ast.expr:
        # Its first iterable is evaluated outside (language reference, 6.2.4).
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        self.scopes.enter(node)
        outermost, first.iter = first.iter, ast.Constant(None)
        self.generic_visit(node)
        first.iter = outermost
        self.scopes.leave()
        return node

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for statement in body:
            new = self.visit(statement)
            found += new if isinstance(new, list) else [new]
        return found

    # What must stay as it is

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node  # its annotation, see above

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node  # an annotation by another name (PEP 695)

    def _mangled(self, attribute: str) -> str:
        """As the compiler will have it (language reference, 6.2.1)."""
        around = self.class_name.lstrip("_")
        private = attribute.startswith("__") and not attribute.endswith("__")
        return f"_{around}{attribute}" if private and around else attribute

    def _site(self, node: Place, text: str | None = None) -> ast.Constant:
        self.sites.append(Site(self.path, node.lineno, text or self._written(node)))
        return ast.Constant(len(self.sites) - 1)

    def _written(self, node: Place) -> str:
        # ast.unparse would write the whole of `a.b.c` anew for each of its parts.
        line = self.lines[node.lineno - 1]
        ends_here = node.end_lineno == node.lineno
        text = line[node.col_offset : node.end_col_offset if ends_here else None].decode()
        return text if ends_here else f"{text} …"


def _mode_of(context: ast.expr_context) -> Mode:
    return Mode.READ if isinstance(context, ast.Load) else Mode.WRITE


def _number(mode: Mode) -> ast.Constant:
    return ast.Constant(MODES.index(mode))


def _bound_by(target: ast.expr) -> list[str]:
    """The names that a target binds, or deletes."""
    return [
        part.id
        for part in ast.walk(target)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    ]


def _call(function: str, place: Place, *args: ast.expr) -> ast.expr:
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
