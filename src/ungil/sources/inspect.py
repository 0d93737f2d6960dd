"""A source tree -> what its modules declare, and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from ungil import rules
from ungil.extensions import Declaration
from ungil.findings import Evidence, Finding, Location, Rule, printable
from ungil.sources import (
    build,
    c_hazards,
    c_modules,
    c_source,
    c_state,
    cmake_script,
    generated,
    meson_script,
    options,
    python_script,
    rust,
    workflow,
)
from ungil.sources.by_version import cffi_modules, mypyc_modules
from ungil.sources.cibuildwheel import Run
from ungil.sources.model import (
    Inspection,
    SourceModule,
    TooLargeError,
    Toolchain,
    UnreadableError,
)
from ungil.sources.requirements import read_toml, requirements_of
from ungil.sources.script import BuildCall
from ungil.sources.syntax import readable
from ungil.sources.tree import SourceFile, Tree

__all__ = ["inspect"]

# What a Python file that builds extension modules calls.
_BUILDERS = (b"cythonize", b"mypycify", b"set_source", b"Extension(", b"bdist_wheel")
# Compatibility shims; what they define is what a project should use.
_SHIMS = frozenset({"pythoncapi_compat.h", "pythoncapi-compat.h", "npy_pycompat.h"})


def inspect(directory: Path) -> Inspection:
    """Read what a project's sources declare about the GIL, and what they do that needs it.

    A function of the files alone: nothing is run, built or fetched. What
    cannot be read becomes a finding or a note.

    Args:
        directory: The root of the project.
    """
    return _Inspector(Tree.of(directory)).run()


class _Inspector:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.findings: list[Finding] = []
        self.notes = list(tree.notes)
        self.modules: list[SourceModule] = []
        self.options: list[options.Option] = []
        self.calls: list[BuildCall] = []
        self.pyproject: dict[str, Any] = {}
        self.requirements: list[Requirement] = []
        self.missing: dict[str, str] = {}

    def run(self) -> Inspection:
        self.read_configuration()
        self.read_scripts()
        self.read_workflows()
        self.read_generated()
        self.read_c()
        self.read_rust()
        self.modules += cffi_modules(self.calls, self.requirements)
        self.modules += mypyc_modules(self.calls, self.requirements)
        for language, example in sorted(self.missing.items()):
            self.note_missing(language, example)
        declared = sorted(
            dict.fromkeys(_without_doubles(self.modules)),
            key=lambda m: (m.toolchain.value, m.name, str(m.location)),
        )
        self.findings += [f for module in declared for f in _judge(module)]
        return Inspection(
            tuple(dict.fromkeys(_clean(finding) for finding in self.findings)),
            tuple(declared),
            tuple(dict.fromkeys(printable(note) for note in self.notes)),
        )

    def attempt(self, file: SourceFile, read: Callable[[SourceFile], object]) -> None:
        """Read a file; what cannot be read is told, and the others are read all the same."""
        try:
            read(file)
        except TooLargeError as error:
            self.notes.append(f"{file.label} was not read: {error}.")
        except UnreadableError as error:
            message = f"{file.label} was not read: {error}."
            remedy = "Correct the file, or look at it yourself."
            at = Location(file.label)
            self.findings.append(Finding(rules.SOURCE_UNREADABLE, file.label, message, remedy, at))

    # -- build configuration ---------------------------------------------------------

    def read_configuration(self) -> None:
        root = self.tree.at("pyproject.toml")
        if root is not None:
            self.attempt(root, self.pyproject_toml)
        config = self.tree.at("setup.cfg")
        if config is not None:
            self.attempt(config, self.setup_cfg)

    def pyproject_toml(self, file: SourceFile) -> None:
        self.pyproject = read_toml(file)
        self.requirements = list(requirements_of(self.pyproject))
        self.findings += build.in_pyproject(file, self.pyproject)
        setting = _find(self.pyproject.get("tool"), options.DIRECTIVE)
        if isinstance(setting, bool):
            at = Location(file.label)
            self.options.append(options.Option(Toolchain.CYTHON, (), setting, at))

    def setup_cfg(self, file: SourceFile) -> None:
        parser = build.setup_cfg(file)
        self.findings += build.in_setup_cfg(file, parser)
        for name in ("swig_opts", "swig-opts"):
            if "-nogil" in parser.get("build_ext", name, fallback="").split():
                at = Location(file.label)
                self.options.append(
                    options.Option(Toolchain.SWIG, (), compatible=True, location=at)
                )

    def read_scripts(self) -> None:
        for file in self.tree.having(".py"):
            self.attempt(file, self.python)
        roots: list[SourceFile] = []
        for file in self.tree.named("meson.build"):
            if not any(_is_below(file, root) for root in roots):
                roots.append(file)
        for file in roots:
            self.attempt(file, self.meson)
        for file in self.tree.files:
            if file.name == "CMakeLists.txt" or file.suffix == ".cmake":
                self.attempt(file, self.cmake)

    def python(self, file: SourceFile) -> None:
        data = file.read()
        if file.name != "setup.py" and not any(word in data for word in _BUILDERS):
            return
        try:
            calls = python_script.calls_of(file)
        except UnreadableError as error:
            if file.name == "setup.py":
                raise
            self.notes.append(f"{file.label} was not read: {error}.")
            return
        self.options += options.in_python(calls)
        self.findings += build.in_call(calls)
        if file.name == "setup.py" or b"cffi" in data or b"mypyc" in data:
            self.calls += calls

    def meson(self, file: SourceFile) -> None:
        if not meson_script.is_readable():
            self.missing.setdefault("Meson", file.label)
            return
        self.options += options.in_meson(meson_script.calls_of(self.tree, file))

    def cmake(self, file: SourceFile) -> None:
        self.options += options.in_cmake(cmake_script.calls_of(file))

    def read_workflows(self) -> None:
        runs: list[Run] = []
        for file in self.tree.having(".yml", ".yaml"):
            if file.folder != workflow.FOLDER:
                continue
            if workflow.is_readable():
                self.attempt(file, lambda one: runs.extend(workflow.runs_in(one)))
            else:
                self.notes.append("Workflows were not read: install ungil[sources].")
        for result in build.wheels(runs, self.tree.at("pyproject.toml"), self.pyproject):
            if isinstance(result, str):
                self.notes.append(result)
            else:
                self.findings.append(result)

    # -- modules ------------------------------------------------------------------------

    def read_generated(self) -> None:
        cython = [f for f in self.tree.files if f.name.endswith(generated.CYTHON_SUFFIXES)]
        included: set[str] = set()
        for file in cython:
            self.attempt(file, lambda one: included.update(generated.included(one)))
        for file in self.tree.files:
            if file in cython and file.label not in included:
                self.attempt(file, self.cython)
            elif file.suffix in {".i", ".swg"}:
                self.attempt(file, self.swig)
            elif file.suffix == ".pyf":
                self.attempt(file, self.f2py)

    def cython(self, file: SourceFile) -> None:
        stem = file.label.partition(".")[0]
        made = self.tree.at(f"{stem}.c") or self.tree.at(f"{stem}.cpp")
        readable_c = made if readable("c") else None
        self.modules.append(generated.cython_module(file, self.options, readable_c))

    def swig(self, file: SourceFile) -> None:
        module = generated.swig_module(file, self.options)
        if module is not None:
            self.modules.append(module)

    def f2py(self, file: SourceFile) -> None:
        self.modules += generated.f2py_modules(file, self.options)

    def read_c(self) -> None:
        files = list(self.tree.having(*c_source.SUFFIXES))
        cplusplus = any(f.suffix in {".cpp", ".cc", ".cxx"} for f in files)
        stems = {f.label.partition(".")[0] for f in files} & {
            f.label.partition(".")[0]
            for f in self.tree.files
            if f.name.endswith(generated.CYTHON_SUFFIXES)
        }
        sources: list[c_source.CSource] = []
        for file in files:
            if file.label.partition(".")[0] not in stems and file.name not in _SHIMS:
                self.attempt(
                    file,
                    lambda one: self.c(one, sources, cplusplus=cplusplus),
                )
        once = c_modules.initialisers_of(sources)
        for source in sources:
            self.findings += c_hazards.hazards_in(source, once)
            self.findings += c_state.state_in(source, once)

    def c(self, file: SourceFile, sources: list[c_source.CSource], *, cplusplus: bool) -> None:
        data = file.read()
        language = "cpp" if c_source.is_cpp(file, cplusplus=cplusplus) else "c"
        if not c_source.is_about_python(data):
            return
        if not (readable(language) and readable("c")):
            self.missing.setdefault("C and C++", file.label)
            return
        source = c_source.read(file, data, cplusplus=cplusplus)
        tool = c_source.generator_of(data)
        toolchain = _GENERATORS.get(tool or "", Toolchain.C)
        for module in c_modules.modules_in(source, toolchain):
            self.modules.append(self.nanobind(module))
        self.findings += build.in_source(source)
        # What a tool wrote is for the tool's authors to port.
        if tool is None:
            sources.append(source)

    def nanobind(self, module: SourceModule) -> SourceModule:
        if module.toolchain is not Toolchain.NANOBIND:
            return module
        known = [o for o in self.options if o.tool is Toolchain.NANOBIND]
        if not known:
            return module
        return options.decide(
            module.name, Toolchain.NANOBIND, (module.name,), module.location, known
        )

    def read_rust(self) -> None:
        found: list[SourceModule] = []
        submodules: set[str] = set()
        for file in self.tree.having(".rs"):
            self.attempt(file, lambda one: self.rust(one, found, submodules))
        self.modules += [module for module in found if module.name not in submodules]

    def rust(self, file: SourceFile, found: list[SourceModule], submodules: set[str]) -> None:
        data = file.read()
        if b"pymodule" not in data and b"PyInit_" not in data:
            return
        if not readable("rust"):
            self.missing.setdefault("Rust", file.label)
            return
        modules, wrapped = rust.modules_in(file, data, rust.pyo3_version(self.tree, file))
        found += modules
        submodules |= wrapped

    def note_missing(self, language: str, example: str) -> None:
        note = f"{language} sources were not read: install ungil[sources]."
        self.notes.append(note)
        at = Location(example)
        self.findings.append(
            Finding(rules.SOURCES_NOT_READ, language, note, "pip install 'ungil[sources]'", at)
        )


def _without_doubles(modules: list[SourceModule]) -> Iterator[SourceModule]:
    """A SWIG interface says less than the C source beside it that SWIG has made of it."""
    generated_c = {
        module.name
        for module in modules
        if module.toolchain is Toolchain.SWIG and not module.location.path.endswith((".i", ".swg"))
    }
    for module in modules:
        is_interface = module.location.path.endswith((".i", ".swg"))
        if not (is_interface and module.name in generated_c):
            yield module


_GENERATORS = {
    "Cython": Toolchain.CYTHON,
    "SWIG": Toolchain.SWIG,
    "cffi": Toolchain.CFFI,
    "f2py": Toolchain.F2PY,
}

_UNDECLARED = {
    Toolchain.C: (
        rules.C_UNDECLARED,
        "Once it is safe, add a Py_mod_gil slot (single-phase: call PyUnstable_Module_SetGIL).",
    ),
    Toolchain.CYTHON: (
        rules.CYTHON_UNDECLARED,
        "Once it is safe, set the directive freethreading_compatible = True (Cython 3.1).",
    ),
    Toolchain.PYBIND11: (
        rules.PYBIND11_UNDECLARED,
        "Once it is safe, add py::mod_gil_not_used() to PYBIND11_MODULE (pybind11 2.13).",
    ),
    Toolchain.NANOBIND: (
        rules.NANOBIND_UNDECLARED,
        "Once it is safe, add FREE_THREADED to nanobind_add_module() (nanobind 2.2).",
    ),
    Toolchain.PYO3: (
        rules.PYO3_UNDECLARED,
        "Once it is safe, write #[pymodule(gil_used = false)] or use PyO3 0.28.",
    ),
    Toolchain.F2PY: (
        rules.F2PY_UNDECLARED,
        "Once it is safe, pass --freethreading-compatible to f2py (NumPy 2.1).",
    ),
    Toolchain.SWIG: (
        rules.SWIG_UNDECLARED,
        "Once it is safe, pass -nogil to SWIG (4.4).",
    ),
    Toolchain.MYPYC: (rules.MYPYC_UNDECLARED, "Require mypy>=1.18 to build."),
    Toolchain.CFFI: (rules.CFFI_UNDECLARED, "Require cffi>=2.0."),
    Toolchain.BOOST_PYTHON: (
        rules.BOOST_PYTHON_UNDECLARED,
        "Once it is safe, add boost::python::mod_gil_not_used() to BOOST_PYTHON_MODULE.",
    ),
}


def _judge(module: SourceModule) -> Iterator[Finding]:
    """The finding about a module, if there is one."""
    if module.declaration is Declaration.NOT_USED:
        return
    rule: Rule
    rule, remedy = _UNDECLARED[module.toolchain]
    evidence: Evidence | None = Evidence.DECLARATION
    if module.declaration is not Declaration.USED:
        rule, evidence = rules.DECLARATION_UNKNOWN, None
        remedy = "Build it and look at the binary: ungil check dist/."
    elif module.too_late:
        rule = rules.DECLARED_TOO_LATE
    elif module.explicit:
        rule = rules.GIL_USED
        remedy = "Make it safe without the GIL; then declare that."
    subject = f"{module.name} ({module.toolchain.value})"
    yield Finding(rule, subject, module.reason, remedy, module.location, evidence)


def _clean(finding: Finding) -> Finding:
    """The same, with nothing of the files in it that could act on a terminal."""
    at = finding.location
    return Finding(
        finding.rule,
        printable(finding.subject),
        printable(finding.message),
        finding.remedy,
        None if at is None else Location(printable(at.path), at.line),
        finding.evidence,
    )


def _find(document: object, name: str) -> object:
    """The value of a key, however deep."""
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if name in value:
                return value[name]
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return None


def _is_below(file: SourceFile, root: SourceFile) -> bool:
    return file.label.startswith(f"{root.folder}/") or not root.folder
