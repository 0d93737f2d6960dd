"""Source whose updates have a place between their halves.

`x.n += 1` reads and then writes, and another thread may come in between; what is watched
needs to be told once, but who controls threads has to be asked in the middle.

| source | becomes |
|---|---|
| `o.x += v`, `o[k] += v` | `attribute(o, T).x += between(v, T)` … |
| `x += v` of an enclosing scope | `variable(T)` before, and `x += storing(v, T)` as ever |
"""

from __future__ import annotations

import ast

from ungil.races.instrument.loading import Finishing
from ungil.races.instrument.nodes import Touched, call, is_call_of, marker, number_of, twice
from ungil.races.instrument.rewrite import Rewritten

__all__ = ["HALVES"]


class _Halves(ast.NodeTransformer):
    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        self.generic_visit(node)
        target, value = node.target, node.value
        if isinstance(target, ast.Name):
            if not (isinstance(value, Touched) and is_call_of(value, "storing")):
                return [node]
            told = call("variable", node, *(twice(one) for one in value.args[1:]))
            return [ast.copy_location(ast.Expr(told), node), node]
        if isinstance(target.value, Touched):
            number = number_of(target.value)
            node.value = call("between", value, value, marker(number))
        return [node]


def _finish(rewritten: Rewritten) -> None:
    _Halves().visit(rewritten.tree)


HALVES = Finishing(_finish, "halves", ())
