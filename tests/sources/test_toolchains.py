"""Modules that a tool makes: Cython, PyO3, f2py, SWIG, mypyc, cffi."""

import pytest
from sources_support import declared, project, rules

PYX = "def one():\n    return 1\n"
FT = "freethreading_compatible"
SETUP = """
from Cython.Build import cythonize
from setuptools import Extension, setup
{before}
setup(ext_modules=cythonize({modules}{options}))
"""


@pytest.mark.parametrize(
    ("pyx", "files", "declaration"),
    [
        (f"# cython: {FT}=True\n", {}, "not_used"),
        (f"# comment\n# cython: language_level=3, {FT} = True\n", {}, "not_used"),
        (f"#cython: {FT} = False\n", {}, "used"),
        (f"import os\n# cython: {FT}=True\n", {}, "used"),
        ("", {}, "used"),
        ("", {"pyproject.toml": f"[tool.cython-builder.directives]\n{FT} = true\n"}, "not_used"),
    ],
)
def test_cython_directives(tmp_path, pyx, files, declaration):
    inspection = project(tmp_path, {"pkg/counter.pyx": pyx + PYX, **files})
    assert declared(inspection) == {"counter": declaration}


@pytest.mark.parametrize(
    ("before", "options", "declaration"),
    [
        ("", "", "used"),
        ("", f', compiler_directives={{"{FT}": True}}', "not_used"),
        ("", f', compiler_directives={{"{FT}": False}}', "used"),
        (f'D = {{"language_level": 3}}\nD["{FT}"] = True', ", compiler_directives=D", "not_used"),
        (f"D = dict({FT}=True)", ", compiler_directives=D", "not_used"),
        (f"kw = dict(compiler_directives=dict({FT}=True))", ", **kw", "not_used"),
        (
            "import sysconfig\nFT = bool(sysconfig.get_config_var('Py_GIL_DISABLED'))",
            f', compiler_directives={{"{FT}": FT}}',
            "not_used",
        ),
        (
            f"import sys\nD = {{}}\nif sys.version_info >= (3, 13):\n    D['{FT}'] = True",
            ", compiler_directives=D",
            "not_used",
        ),
        (
            f"import sys\nD = {{}}\nif sys.version_info < (3, 13):\n    D['{FT}'] = True",
            ", compiler_directives=D",
            "used",
        ),
        (
            f"import os\nD = {{}}\nif os.environ.get('X'):\n    D['{FT}'] = True",
            ", compiler_directives=D",
            "unknown",
        ),
        ("", ", compiler_directives=directives()", "unknown"),
    ],
)
def test_cython_in_setup_py(tmp_path, before, options, declaration):
    setup = SETUP.format(before=before, modules="'pkg/*.pyx'", options=options)
    inspection = project(tmp_path, {"pkg/counter.pyx": PYX, "setup.py": setup})
    assert declared(inspection) == {"counter": declaration}


def test_cython_in_setup_py_for_one_of_two(tmp_path):
    setup = f"""
        from Cython.Build import cythonize
        from setuptools import Extension, setup
        setup(ext_modules=cythonize([Extension("a", ["a.pyx"])])
              + cythonize([Extension("b", ["b.pyx"])], compiler_directives={{"{FT}": True}}))
        """
    inspection = project(tmp_path, {"a.pyx": PYX, "b.pyx": PYX, "setup.py": setup})
    assert declared(inspection) == {"a": "used", "b": "not_used"}


@pytest.mark.parametrize(
    ("meson", "declaration"),
    [
        ("py.extension_module('counter', 'counter.pyx')", "used"),
        (
            f"py.extension_module('counter', 'counter.pyx', cython_args: ['-X{FT}=True'])",
            "not_used",
        ),
        (
            (
                f"args = ['-X', '{FT}=true']\n"
                "py.extension_module('counter', files('counter.pyx'), cython_args: args)"
            ),
            "not_used",
        ),
        (
            (
                f"add_project_arguments('-X{FT}=True', language: 'cython')\n"
                "py.extension_module('counter', 'counter.pyx')"
            ),
            "not_used",
        ),
        (
            (
                f"args = []\nif cy.version().version_compare('>=3.1.0')\n"
                f"  args += ['-X{FT}=True']\nendif\nfor_cpp = ['--cplus'] + args\n"
                "gen = generator(cython, arguments: for_cpp, output: '@BASENAME@.cpp')\n"
                "foreach ext: [['counter', gen]]\n"
                "  py.extension_module(ext[0], ext[1].process(ext[0] + '.pyx'))\nendforeach"
            ),
            "not_used",
        ),
        (
            (
                "gen = generator(cython, arguments: ['--cplus'], output: '@BASENAME@.cpp')\n"
                "py.extension_module('counter', gen.process('counter.pyx'))"
            ),
            "used",
        ),
        (
            (
                f"args = []\nif get_option('free')\n  args += ['-X{FT}=True']\nendif\n"
                "py.extension_module('counter', 'counter.pyx', cython_args: args)"
            ),
            "unknown",
        ),
    ],
)
def test_cython_in_meson(tmp_path, meson, declaration):
    root = "project('x', 'c', 'cython')\npy = import('python').find_installation()\nsubdir('src')\n"
    files = {"meson.build": root, "src/meson.build": meson, "src/counter.pyx": PYX}
    assert declared(project(tmp_path, files)) == {"counter": declaration}


def test_a_template_goes_by_the_name_of_what_is_made_of_it(tmp_path):
    meson = f"""
        project('x', 'c', 'cython')
        made = custom_target('t', input: 'counter.pyx.in', output: 'counter.pyx',
          command: [tempita, '@INPUT@'])
        py.extension_module('counter', made, cython_args: '-X{FT}=True')
        """
    inspection = project(tmp_path, {"meson.build": meson, "counter.pyx.in": PYX})
    assert declared(inspection) == {"counter": "not_used"}


def test_cython_in_cmake(tmp_path):
    cmake = f"""
        add_custom_command(OUTPUT counter.c
          COMMAND cython -X {FT}=True counter.pyx -o counter.c)
        """
    inspection = project(tmp_path, {"CMakeLists.txt": cmake, "counter.pyx": PYX})
    assert declared(inspection) == {"counter": "not_used"}


def test_the_c_file_that_cython_has_made(tmp_path):
    made = """\
/* Generated by Cython 3.2.0 */
#ifdef CYTHON_FREETHREADING_COMPATIBLE
#if CYTHON_FREETHREADING_COMPATIBLE
#define __Pyx_FREETHREADING_COMPATIBLE Py_MOD_GIL_NOT_USED
#else
#define __Pyx_FREETHREADING_COMPATIBLE Py_MOD_GIL_USED
#endif
#else
#define __Pyx_FREETHREADING_COMPATIBLE Py_MOD_GIL_{}
#endif
"""
    files = {"counter.pyx": PYX, "counter.c": made.format("NOT_USED")}
    assert declared(project(tmp_path, files)) == {"counter": "not_used"}
    files["counter.c"] = made.format("USED")
    assert declared(project(tmp_path, files)) == {"counter": "used"}


def test_an_included_file_is_no_module(tmp_path):
    files = {"all.pyx": 'include "part.pyx"\n', "part.pyx": PYX}
    assert declared(project(tmp_path, files)) == {"all": "used"}


@pytest.mark.parametrize(
    ("attribute", "version", "declaration"),
    [
        ("#[pymodule]", "0.28", "not_used"),
        ("#[pymodule]", "0.27.1", "used"),
        ("#[pymodule]", "0.20", "used"),
        ("#[pymodule(gil_used = false)]", "0.23", "not_used"),
        ("#[pymodule(gil_used = true)]", "0.28", "used"),
        ("#[pymodule]\n#[pyo3(gil_used = false)]", "0.24", "not_used"),
        ("// #[pymodule(gil_used = false)]\n#[pymodule]", "0.24", "used"),
    ],
)
def test_pyo3(tmp_path, attribute, version, declaration):
    cargo = f'[package]\nname = "core"\n[dependencies]\npyo3 = {{ version = "{version}" }}\n'
    source = f"use pyo3::prelude::*;\n{attribute}\nmod core {{\n}}\n"
    inspection = project(tmp_path, {"rust/Cargo.toml": cargo, "rust/src/lib.rs": source})
    assert declared(inspection) == {"core": declaration}


def test_the_lock_goes_before_the_manifest(tmp_path):
    files = {
        "Cargo.toml": '[dependencies]\npyo3 = "0.24"\n',
        "Cargo.lock": '[[package]]\nname = "pyo3"\nversion = "0.28.1"\n',
        "src/lib.rs": "#[pymodule]\nfn core(m: &Bound<'_, PyModule>) {}\n",
    }
    assert declared(project(tmp_path, files)) == {"core": "not_used"}


def test_pyo3_of_no_known_version(tmp_path):
    source = "#[pymodule]\nfn core(m: &Bound<'_, PyModule>) {}\n"
    assert declared(project(tmp_path, {"src/lib.rs": source})) == {"core": "unknown"}


def test_a_call_declares_too_and_submodules_do_not_count(tmp_path):
    source = """
        #[pymodule]
        fn inner(m: &Bound<'_, PyModule>) -> PyResult<()> { Ok(()) }
        #[pymodule]
        #[pyo3(name = "_core")]
        fn outer(m: &Bound<'_, PyModule>) -> PyResult<()> {
            m.gil_used(false)?;
            m.add_wrapped(wrap_pymodule!(inner))
        }
        """
    files = {"Cargo.toml": '[dependencies]\npyo3 = "0.24"\n', "src/lib.rs": source}
    assert declared(project(tmp_path, files)) == {"_core": "not_used"}


@pytest.mark.parametrize(
    ("condition", "declaration"),
    [
        ("", "not_used"),
        ("#[cfg(Py_GIL_DISABLED)]", "not_used"),
        ("#[cfg(all(Py_GIL_DISABLED, Py_3_13))]", "not_used"),
        ("#[cfg(all(Py_3_13, not(Py_3_14)))]", "used"),
        ("#[cfg(not(Py_GIL_DISABLED))]", "used"),
        ('#[cfg(feature = "free")]', "unknown"),
        ('#[cfg(any(Py_3_12, feature = "free"))]', "not_used"),
    ],
)
def test_rust_by_hand(tmp_path, condition, declaration):
    source = f"""
        pub unsafe extern "C" fn PyInit_core() -> *mut PyObject {{
            let slots = [
                {condition}
                PyModuleDef_Slot {{ slot: ffi::Py_mod_gil, value: ffi::Py_MOD_GIL_NOT_USED }},
                PyModuleDef_Slot {{ slot: 0, value: null_mut() }},
            ];
            PyModuleDef_Init(init)
        }}
        """
    assert declared(project(tmp_path, {"src/lib.rs": source})) == {"core": declaration}


PYF = """
python module fib__user__routines
end python module fib__user__routines
python module fib ! in
end python module fib
"""


@pytest.mark.parametrize(
    ("build", "declaration"),
    [
        ({}, "used"),
        (
            {
                "meson.build": "project('x')\ncustom_target('f', input: 'fib.pyf', output: 'f.c', "
                "command: [py, '-m', 'numpy.f2py', '@INPUT@', '--freethreading-compatible'])"
            },
            "not_used",
        ),
        (
            {
                "meson.build": "project('x')\ngen = generator(f2py, arguments: ['@INPUT@'])\n"
                "py.extension_module('fib', gen.process('fib.pyf'))"
            },
            "used",
        ),
        (
            {
                "setup.py": "Extension('fib', sources=['fib.pyf'], "
                "f2py_options=['--freethreading-compatible'])"
            },
            "not_used",
        ),
    ],
)
def test_f2py(tmp_path, build, declaration):
    assert declared(project(tmp_path, {"fib.pyf": PYF, **build})) == {"fib": declaration}


@pytest.mark.parametrize(
    ("build", "declaration"),
    [
        ({}, "used"),
        ({"setup.py": "Extension('_s', ['s.i'], swig_opts=['-c++', '-nogil'])"}, "not_used"),
        ({"setup.py": "Extension('_s', ['s.i'], swig_opts=['-c++'])"}, "used"),
        ({"setup.cfg": "[build_ext]\nswig_opts = -c++ -nogil\n"}, "not_used"),
        (
            {"CMakeLists.txt": "set(CMAKE_SWIG_FLAGS -nogil)\nswig_add_library(s SOURCES s.i)"},
            "not_used",
        ),
    ],
)
def test_swig(tmp_path, build, declaration):
    files = {"s.i": '%module(directors="1") shapes\n%include "types.i"\n', "types.i": "", **build}
    assert declared(project(tmp_path, files)) == {"_shapes": declaration}


@pytest.mark.parametrize(
    ("requires", "declaration"),
    [
        ("mypy>=1.18", "not_used"),
        ("mypy[mypyc]==1.19.1", "not_used"),
        ("mypy<1.18", "used"),
        ("mypy==1.15.0", "used"),
        ("mypy~=1.15.0", "used"),
        ("mypy~=1.15", "unknown"),
        ("mypy>=1.5", "unknown"),
        ("setuptools", "unknown"),
    ],
)
def test_mypyc(tmp_path, requires, declaration):
    files = {
        "pyproject.toml": f'[build-system]\nrequires = ["{requires}"]\n',
        "setup.py": "from mypyc.build import mypycify\next_modules=mypycify(['pkg/fast.py'])\n",
    }
    assert declared(project(tmp_path, files)) == {"fast": declaration}


@pytest.mark.parametrize(
    ("requires", "declaration"),
    [("cffi>=2.0", "not_used"), ("cffi<2", "used"), ("cffi>=1.15", "unknown")],
)
def test_cffi(tmp_path, requires, declaration):
    build = """
        from cffi import FFI
        ffibuilder = FFI()
        ffibuilder.set_source("pkg._native", "#include <math.h>")
        abi = FFI()
        abi.set_source("pkg._abi", None)
        """
    files = {
        "pyproject.toml": f'[project]\ndependencies = ["{requires}"]\n',
        "pkg/build_native.py": build,
    }
    inspection = project(tmp_path, files)
    assert declared(inspection) == {"_native": declaration}
    expected = {"used": ["cffi-undeclared"], "unknown": ["undecided-in-source"]}
    assert rules(inspection) == expected.get(declaration, [])
