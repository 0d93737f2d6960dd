"""Which touches follow from which: checks, and values that are stored."""

import textwrap

import pytest

from ungil.races.instrument import rewrite


def pairs(body):
    """For each touch, what it follows from, as text; the body is that of a function."""
    source = "def f(self, d, k, v, o, lock):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    touches = rewrite(source, "app.py").touches

    def written(touch):
        return f"{touch.site.line - 1}:{touch.site.text}"

    return {
        f"{written(touch)} after {written(touches[number])} ({how})"
        for touch in touches
        for number, how in touch.after
    }


CHECK_THEN_ACT = [
    ("if k not in d:\n    d[k] = v()", "2:d[k] after 1:k not in d"),
    ("if k in d:\n    return d[k]", "2:d[k] after 1:k in d"),
    ("if self.x is None:\n    self.x = v()", "2:self.x after 1:self.x"),
    ("if not hasattr(self, 'x'):\n    self.x = v()", "2:self.x after 1:hasattr(self, 'x')"),
    ("if getattr(self, k):\n    self.x = v()", "2:self.x after 1:getattr(self, k)"),
    ("if self.x:\n    pass\nelse:\n    self.x = 1", "4:self.x after 1:self.x"),
    ("if k:\n    pass\nelif self.x:\n    self.x = 1", "4:self.x after 3:self.x"),
    ("if self.x:\n    pass\nelif k:\n    self.x = 1", "4:self.x after 1:self.x"),
    ("if self.x:\n    if k:\n        self.x = 1", "3:self.x after 1:self.x"),
    ("if self.x is not None:\n    return self.x\nself.x = 1", "3:self.x after 1:self.x"),
    ("if self.x is None:\n    pass\nelse:\n    return\nself.x = 1", "5:self.x after 1:self.x"),
    ("for i in v:\n    if self.x:\n        continue\n    self.x = 1", "4:self.x after 2:self.x"),
    ("if k:\n    if k in d:\n        return d[k]\nd[k] = 1", "4:d[k] after 2:k in d"),
    ("for i in d:\n    if i.k == k:\n        return i\nd.append(v)", "4:d.append(v) after 1:d"),
    ("for i in v:\n    if self.x: break\nelse:\n    self.x = 1", "4:self.x after 2:self.x"),
    ("x = d.get(k)\nif x is None:\n    d[k] = 1", "3:d[k] after 1:d.get(k)"),
    ("x = self.x\nif not x:\n    x = self.x = v()", "3:self.x after 1:self.x"),
    ("x, y = self.x, v\nif x:\n    self.x = 1", "3:self.x after 1:self.x"),
    ("if (x := d.get(k)) is None:\n    d[k] = 1", "2:d[k] after 1:d.get(k)"),
    ("self.x or self.x.y", "1:self.x after 1:self.x"),
    ("self.x is None and d.update(x=self.x)", "1:self.x after 1:self.x"),
    ("x = d[k] if k in d else None", "1:d[k] after 1:k in d"),
    ("[d[i] for i in v if i in d]", "1:d[i] after 1:i in d"),
    ("while k in d:\n    d.pop(k)", "2:d.pop(k) after 1:k in d"),
    ("while self.busy:\n    v()\nself.busy = True", "3:self.busy after 1:self.busy"),
    ("assert self.x is None\nself.x = 1", "2:self.x after 1:self.x"),
    ("match self.x:\n    case None:\n        self.x = 1", "3:self.x after 1:self.x"),
    ("match k:\n    case 1 if self.x:\n        self.x = 1", "3:self.x after 2:self.x"),
    ("match self.x:\n    case 1:\n        return\nself.x = 1", "4:self.x after 1:self.x"),
    ("try:\n    return d[k]\nexcept KeyError:\n    d[k] = 1", "4:d[k] after 2:d[k]"),
    ("try:\n    return d[k]\nexcept KeyError:\n    pass\nd[k] = 1", "5:d[k] after 2:d[k]"),
    ("try:\n    d[k]\nexcept KeyError:\n    return\ndel d[k]", "5:d[k] after 2:d[k]"),
    ("try:\n    d[k]\nexcept KeyError:\n    pass\nelse:\n    del d[k]", "6:d[k] after 2:d[k]"),
    ("try:\n    self.x\nexcept* OSError:\n    self.x = 1", "4:self.x after 2:self.x"),
    (
        "if self.x is None:\n    with lock:\n        if self.x is None:\n            self.x = v()",
        "4:self.x after 3:self.x",
    ),
    (
        "if self.x is None:\n    with lock:\n        if self.x is None:\n            self.x = v()",
        "4:self.x after 1:self.x",
    ),
    ("with lock:\n    if self.x: return\nself.x = 1", "3:self.x after 2:self.x"),
    ("with suppress(KeyError):\n    return d[k]\nd[k] = 1", "3:d[k] after 2:d[k]"),
    ("with v.suppress(KeyError):\n    return d[k]\nd[k] = 1", "3:d[k] after 2:d[k]"),
    ("no = k not in d\nif no:\n    d[k] = 1", "3:d[k] after 1:k not in d"),
    ("if any(i == k for i in d): return\nd.append(k)", "2:d.append(k) after 1:d"),
    ("x = next((i for i in d if i.k), None)\nif not x: d.append(k)", "2:d.append(k) after 1:d"),
    (
        "try:\n    d.index(k)\nexcept ValueError:\n    d.append(k)",
        "4:d.append(k) after 2:d.index(k)",
    ),
    ("if len(d) < 3:\n    d.append(v)", "2:d.append(v) after 1:len(d)"),
    ("if self.x:\n    self.x = []", "2:self.x after 1:self.x"),
    ("if 'x' not in self.__dict__:\n    self.x = 1", "2:self.x after 1:'x' not in self.__dict__"),
    ("global g\nif g is None:\n    g = v()", "3:g after 2:g"),
    ("lambda: self.x and self.x.y", "1:self.x after 1:self.x"),
    ("def g():\n    if self.x:\n        self.x = 1", "3:self.x after 2:self.x"),
]


@pytest.mark.parametrize(("body", "pair"), CHECK_THEN_ACT)
def test_checks(body, pair):
    assert f"{pair} (check)" in pairs(body)


@pytest.mark.parametrize(
    ("body", "pair"),
    [
        ("self.x = self.x + 1", "1:self.x after 1:self.x"),
        ("x = self.x\ny = x + 1\nself.x = y", "3:self.x after 1:self.x"),
        ("d[k] = d.get(k, 0) + 1", "1:d[k] after 1:d.get(k, 0)"),
        ("d[k], self.x = d[k], self.y", "1:d[k] after 1:d[k]"),
        ("for i in d:\n    d.append(i)", "2:d.append(i) after 1:d"),
        ("d.append(len(d))", "1:d.append(len(d)) after 1:len(d)"),
        ("setattr(self, 'x', self.x + 1)", "1:setattr(self, 'x', self.x + 1) after 1:self.x"),
        (
            "operator.setitem(d, k, d[k] + 1)",
            "1:operator.setitem(d, k, d[k] + 1) after 1:d[k]",
        ),
        ("x = self.x\nx += 1\nself.x = x", "3:self.x after 1:self.x"),
        ("x = self.x\nif k: x = 0\nself.x = x", "3:self.x after 1:self.x"),
        ("self.x: int = self.x + 1", "1:self.x after 1:self.x"),
        ("self.x += self.x", "1:self.x after 1:self.x"),
        ("global g\ng = g + 1", "2:g after 2:g"),
        ("global g\ng, x = g + 1, 1", "2:g after 2:g"),
        ("self.x = [i for i in self.x if i]", "1:self.x after 1:self.x"),
        ("self.x = (y := self.x) and y", "1:self.x after 1:self.x"),
        ("with self.x as x:\n    self.x = x", "2:self.x after 1:self.x"),
    ],
)
def test_values(body, pair):
    assert f"{pair} (value)" in pairs(body)


@pytest.mark.parametrize(
    ("body", "act"),
    [
        ("self.x = 1", "1:self.x"),
        ("if self.x:\n    self.y = 1", "2:self.y"),
        ("if self.x:\n    pass\nself.x = 1", "3:self.x"),
        ("x = self.x\nself.x = 1", "2:self.x"),
        ("x = self.x\nx = 1\nself.x = x", "3:self.x"),
        ("while self.x > 0:\n    self.x -= 1\nself.x = 0", "3:self.x"),
        ("while self.x:\n    if k: break\nself.x = 0", "3:self.x"),
        ("for i in v:\n    if self.x:\n        continue\nself.x = 0", "4:self.x"),
        ("if self.x:\n    def g():\n        self.x = 1", "3:self.x"),
        ("def g():\n    return self.x\nself.x = g()", "3:self.x"),
        ("del d[k]\nd[k] = 1", "2:d[k]"),
        ("d[self.x] = 1\nself.x = 2", "2:self.x"),
        ("x, y = self.x, self.y\nself.x = y", "2:self.x"),
        ("global g, h\nif g:\n    h = 1", "3:h"),
        ("[i for i in self.x]\nself.x = 1", "2:self.x"),
    ],
)
def test_what_follows_from_nothing(body, act):
    assert not [pair for pair in pairs(body) if pair.startswith(f"{act} after")]


def test_the_nearest_come_first_and_not_too_many():
    checks = "".join(f"if {i} in d: return\n" for i in range(20))
    source = f"def f(d):\n{textwrap.indent(checks + 'd[0] = 1', '    ')}"
    *_, last = rewrite(source, "app.py").touches
    assert last.after == tuple((number, "check") for number in range(19, 11, -1))


def test_long_functions_take_no_longer_by_the_line():
    many = "def f(self, d):\n" + "    if self.x in d: return\n    self.x = d.get(self.x)\n" * 3000
    assert len(rewrite(many, "app.py").touches) == 15_000
    chain = "def f(d, k):\n    if d: pass\n" + "    elif k in d: d[k] = 1\n" * 400
    assert len(rewrite(chain, "app.py").touches) == 801
    total = "def f(d):\n    x = " + " + ".join(["d.x"] * 800)
    assert len(rewrite(total, "app.py").touches) == 800
