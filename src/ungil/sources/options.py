"""What build scripts tell Cython, f2py, SWIG and nanobind about the GIL.

Each of these tools has an option that makes it declare `Py_MOD_GIL_NOT_USED`:

- Cython 3.1: the directive `freethreading_compatible` (Cython/Compiler/Options.py);
- f2py of NumPy 2.1: `--freethreading-compatible` (numpy/f2py/f2py2e.py);
- SWIG 4.4: `-nogil` (Lib/python/pyinit.swg, `SWIGPYTHON_NOGIL`);
- nanobind 2.2: `FREE_THREADED` of `nanobind_add_module()` (nanobind-config.cmake).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from ungil.extensions import Declaration
from ungil.findings import Location
from ungil.sources.model import SourceModule, Toolchain
from ungil.sources.script import UNKNOWN, BuildCall, flat

__all__ = ["DIRECTIVE", "Option", "decide", "in_cmake", "in_meson", "in_python"]

DIRECTIVE = "freethreading_compatible"
_TRUE = frozenset({"true", "1", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Option:
    """One use of a tool in a build script.

    Attributes:
        tool: Which one.
        sources: The files it is used on, as the script writes them, perhaps
            with wildcards; for nanobind the module's name. Empty where they
            are not known, or all files are meant.
        compatible: Does it get the option? None if that is not known.
        location: Where.
    """

    tool: Toolchain
    sources: tuple[str, ...]
    compatible: bool | None
    location: Location


def decide(
    name: str, tool: Toolchain, sources: tuple[str, ...], at: Location, options: Iterable[Option]
) -> SourceModule:
    """What a module declares whose tool may get an option.

    Args:
        name: Of the module.
        tool: What makes it.
        sources: The names by which a script may call it; labels of files.
        at: Where to say so if no script does.
        options: Everything the scripts say.
    """
    of_tool = [option for option in options if option.tool is tool]
    named = [o for o in of_tool if any(_is_named(o, source) for source in sources)]
    relevant = named or [option for option in of_tool if not option.sources]
    answers = {option.compatible for option in relevant}
    words = _OPTION_NAMES[tool]
    if answers == {True}:
        where = relevant[0].location
        return SourceModule(
            name, tool, Declaration.NOT_USED, True, where, f"It is made with {words}."
        )
    if answers <= {False}:
        where = relevant[0].location if relevant else at
        return SourceModule(
            name, tool, Declaration.USED, False, where, f"It is made without {words}."
        )
    reason = f"Whether it is made with {words} does not follow from the build script alone."
    return SourceModule(name, tool, Declaration.UNKNOWN, False, relevant[0].location, reason)


_OPTION_NAMES = {
    Toolchain.CYTHON: f"the directive {DIRECTIVE}",
    Toolchain.F2PY: "--freethreading-compatible",
    Toolchain.SWIG: "-nogil",
    Toolchain.NANOBIND: "FREE_THREADED",
}


def _is_named(option: Option, source: str) -> bool:
    """Does the script mean this file? It may write it relative to any directory."""
    base = source.rpartition("/")[2]
    for pattern in option.sources:
        plain = pattern.replace("\\", "/").removeprefix("./")
        if plain in {source, base} or source.endswith(f"/{plain}"):
            return True
        if "*" in plain and (
            fnmatch(source, plain.replace("**/", "*")) or fnmatch(source, f"*/{plain}")
        ):
            return True
    return False


# -- flags ---------------------------------------------------------------------------


def _cython(flags: Iterable[Any]) -> bool | None:
    """`-X name=value`, `-Xname=value`, `--directive name=value,…`."""
    doubt = False
    found = False
    for flag in flags:
        if not isinstance(flag, str):
            doubt = True
            continue
        bare = flag.removeprefix("--directive").removeprefix("-X").lstrip("= ")
        for part in bare.split(","):
            name, _, value = part.partition("=")
            if name.strip() == DIRECTIVE:
                found, doubt = value.strip().lower() in _TRUE, False
    return None if doubt and not found else found


def _flagged(wanted: str) -> Callable[[Iterable[Any]], bool | None]:
    def answer(flags: Iterable[Any]) -> bool | None:
        words = [w for f in flags for w in (f.split() if isinstance(f, str) else [f])]
        if wanted in words:
            return True
        return None if any(not isinstance(w, str) for w in words) else False

    return answer


_f2py_flag = _flagged("--freethreading-compatible")


def _f2py(flags: Iterable[Any]) -> bool | None:
    """A program of the project's own may stand in between, with an option of its own."""
    listed = list(flags)
    own = any(isinstance(f, str) and "free" in f and "thread" in f for f in listed)
    answer = _f2py_flag(listed)
    return None if own and answer is not True else answer


_TOOLS: dict[Toolchain, tuple[tuple[str, ...], Callable[[Iterable[Any]], bool | None]]] = {
    Toolchain.CYTHON: ((".pyx", ".pyx.in", ".pyx.tp"), _cython),
    Toolchain.F2PY: ((".pyf", ".pyf.src"), _f2py),
    Toolchain.SWIG: ((".i", ".swg"), _flagged("-nogil")),
}


def _uses(sources: list[Any], flags: list[Any], at: Location) -> Iterator[Option]:
    """What a command with these inputs and flags makes of them."""
    texts = [source for source in sources if isinstance(source, str)]
    for tool, (suffixes, answer) in _TOOLS.items():
        own = tuple(t for t in texts if t.lower().endswith(suffixes))
        if own:
            yield Option(tool, own, answer(flags), at)
        elif UNKNOWN in sources and tool is Toolchain.CYTHON and _cython(flags):
            # On some files; not on which.
            yield Option(tool, (), None, at)


# -- setup.py -------------------------------------------------------------------------


def in_python(calls: Iterable[BuildCall]) -> Iterator[Option]:
    """The options in the calls of a `setup.py`."""
    for call in calls:
        reader = _PYTHON.get(call.name)
        if reader is not None:
            yield from reader(call)
        elif DIRECTIVE in call.keywords and call.name.endswith("[]"):
            # Put into a dictionary whose way from here is not known.
            known = "directive_defaults" in call.name
            value = call.keywords[DIRECTIVE]
            compatible = value if known and isinstance(value, bool) else None
            yield Option(Toolchain.CYTHON, (), compatible, call.location)


def _directives(value: object) -> bool | None:
    if value is None:
        return False
    if not isinstance(value, dict):
        return None
    setting = value.get(DIRECTIVE, UNKNOWN if "**" in value else False)
    return setting if isinstance(setting, bool) else None


def _cythonize(call: BuildCall) -> Iterator[Option]:
    unknown = UNKNOWN if "**" in call.keywords else None
    compatible = _directives(call.keywords.get("compiler_directives", unknown))
    given = list(flat(call.arguments[:1] or (call.keywords.get("module_list", UNKNOWN),)))
    sources: list[str] = []
    for item in given:
        sources += _sources_of(item) if isinstance(item, BuildCall) else [item]
    known = tuple(s for s in sources if isinstance(s, str))
    yield Option(
        Toolchain.CYTHON, known if len(known) == len(sources) else (), compatible, call.location
    )


def _sources_of(extension: BuildCall) -> list[Any]:
    rest = extension.arguments[1] if len(extension.arguments) > 1 else UNKNOWN
    listed = list(flat(extension.keywords.get("sources", rest)))
    return [s for s in listed if not isinstance(s, str) or s.endswith((".pyx", ".py"))]


def _extension(call: BuildCall) -> Iterator[Option]:
    rest = call.arguments[1] if len(call.arguments) > 1 else UNKNOWN
    sources = list(flat(call.keywords.get("sources", rest)))
    spread = [UNKNOWN] if "**" in call.keywords else []
    for option in _uses(sources, [], call.location):
        if option.tool is Toolchain.CYTHON:
            if "cython_directives" in call.keywords:
                compatible = _directives(call.keywords["cython_directives"])
                yield Option(option.tool, option.sources, compatible, call.location)
            continue
        words = "swig_opts" if option.tool is Toolchain.SWIG else "f2py_options"
        flags = [*flat(call.keywords.get(words, [])), *spread]
        # Without options here, those of setup.cfg hold.
        if flags or option.tool is Toolchain.F2PY:
            yield from _uses(list(option.sources), flags, call.location)


def _assigned_directives(call: BuildCall) -> Iterator[Option]:
    yield Option(Toolchain.CYTHON, (), _directives(call.arguments[0]), call.location)


_PYTHON: dict[str, Callable[[BuildCall], Iterator[Option]]] = {
    "cythonize": _cythonize,
    "Extension": _extension,
    "CythonExtension": _extension,
    "add_extension": _extension,
    ".cython_directives": _assigned_directives,
}


# -- meson.build ----------------------------------------------------------------------

_WRAPPING = frozenset({"files", "copyfile", "configure_file", "preprocess"})


def in_meson(calls: list[BuildCall]) -> Iterator[Option]:
    """The options in the calls of `meson.build` files."""
    of_project = [
        value
        for call in calls
        if call.name in {"add_project_arguments", "add_global_arguments"}
        and "cython" in list(flat(call.keywords.get("language", [])))
        for value in flat(call.arguments)
    ]
    for call in calls:
        if call.name in {"extension_module", "shared_module", "shared_library"}:
            yield from _meson_module(call, of_project)
        elif call.name == "process" and isinstance(call.receiver, BuildCall):
            flags = list(flat(call.receiver.keywords.get("arguments", [])))
            yield from _uses(list(_inputs(call.arguments)), flags, call.location)
        elif call.name == "custom_target" and not any(
            _is_plain(output) for output in flat(call.keywords.get("output", []))
        ):
            command = list(flat(call.keywords.get("command", [])))
            programs = [f for f in command if not isinstance(f, BuildCall)]
            inputs = list(_inputs((call.keywords.get("input", []), *command)))
            yield from _uses(inputs, programs, call.location)


def _meson_module(call: BuildCall, of_project: list[Any]) -> Iterator[Option]:
    sources = list(_inputs((call.arguments[1:], call.keywords.get("sources", []))))
    flags = [*of_project, *flat(call.keywords.get("cython_args", []))]
    options = list(_uses(sources, flags, call.location))
    yield from options
    if not options and UNKNOWN in sources and "cython_args" in call.keywords:
        yield Option(Toolchain.CYTHON, (), _cython(flags), call.location)
    defines = list(flat(call.keywords.get("cpp_args", [])))
    if "-DNB_FREE_THREADED" in defines and isinstance(call.arguments[0], str):
        yield Option(Toolchain.NANOBIND, (call.arguments[0],), True, call.location)


def _inputs(values: Iterable[Any]) -> Iterator[Any]:
    """The files among values; what another command makes of a file has the file's name."""
    stack = list(flat(*values))
    while stack:
        value = stack.pop(0)
        if not isinstance(value, BuildCall):
            yield value
        elif value.name in _WRAPPING:
            stack += list(flat(value.arguments, value.keywords.get("input", [])))
        elif value.name == "custom_target":
            stack += [s for s in flat(value.keywords.get("output", UNKNOWN)) if _is_plain(s)]


def _is_plain(output: object) -> bool:
    """A Cython or f2py source that is made from a template."""
    return output is UNKNOWN or (isinstance(output, str) and output.endswith((".pyx", ".pyf")))


# -- CMakeLists.txt --------------------------------------------------------------------

# Commands that only compute with what they are given.
_NO_TOOLS = frozenset({"set", "list", "message", "install", "string", "file", "if"})


def in_cmake(calls: Iterable[BuildCall]) -> Iterator[Option]:
    """The options in the commands of a `CMakeLists.txt`."""
    for call in calls:
        values = list(call.arguments)
        if call.name == "nanobind_add_module" and values:
            yield _nanobind(values, call.location)
        elif "-nogil" in values:
            yield Option(Toolchain.SWIG, (), True, call.location)
        elif call.name not in _NO_TOOLS and not call.name.startswith("swig"):
            yield from _uses(values, values, call.location)


def _nanobind(values: list[Any], at: Location) -> Option:
    name = values[0] if isinstance(values[0], str) else None
    if "FREE_THREADED" in values:
        compatible: bool | None = True
    else:
        compatible = None if UNKNOWN in values[1:] else False
    return Option(Toolchain.NANOBIND, () if name is None else (name,), compatible, at)
