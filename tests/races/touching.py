"""Runs a program that tells of its accesses to plain functions, which note them."""

import builtins

from ungil.races.calls import PREFIX
from ungil.races.instrument import placed, rewrite

FORMS = """
    attribute named item holding key member keyed among receiver last used whole method iterate next
    in_attribute in_item variable storing here imported dying
""".split()  # noqa: SIM905 - a list would take a line for each


class Place:
    """What the code gives to the functions."""

    def __init__(self, touch):
        self.touch = touch


class Watcher:
    """The functions that the code calls; they note what they are told, and of what."""

    def __init__(self):
        self.told = []

    def note(self, form, place, of):
        assert isinstance(place, Place), place
        self.told.append((form, place.touch, of))

    def builtins(self):
        made = {form: getattr(self, form, None) or self.giving(form) for form in FORMS}
        return {f"{PREFIX}{form}__": function for form, function in made.items()}

    def giving(self, form):
        def tell(first, *rest):
            *_, place = rest
            self.note(form, place, rest[0] if len(rest) == 2 else first)
            return first

        return tell

    def variable(self, place, cell=None):
        self.note("variable", place, "global" if cell is None else cell.__closure__[0])

    def storing(self, value, place, cell=None):
        self.note("storing", place, "global" if cell is None else cell.__closure__[0])
        return value

    def imported(self, place):
        self.note("imported", place, None)


def instrumented(source, name="app.py"):
    """The code, the builtins that it needs, and their watcher."""
    made = rewrite(source, name)
    watcher = Watcher()
    code = compile(made.tree, name, "exec", dont_inherit=True)
    code = placed(code, [Place(touch) for touch in made.touches])
    return code, {**vars(builtins), **watcher.builtins()}, watcher
