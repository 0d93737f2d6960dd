"""Whether the build makes free-threaded wheels at all."""

import pytest
from sources_support import project, rules

LIMITED = ["limited-api-build"]
NO_BUILD = ["no-free-threaded-build"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": "Extension('x', ['x.c'], py_limited_api=True)"}, LIMITED),
        ({"setup.py": "Extension('x', ['x.c'], define_macros=[('Py_LIMITED_API', '1')])"}, LIMITED),
        (
            {
                "setup.py": "import sysconfig\nlimited = not sysconfig.get_config_var("
                "'Py_GIL_DISABLED')\nExtension('x', ['x.c'], py_limited_api=limited)"
            },
            [],
        ),
        (
            {
                "setup.py": "import sysconfig\nmacros = []\noptions = {}\n"
                "if not sysconfig.get_config_var('Py_GIL_DISABLED'):\n"
                "    macros.append(('Py_LIMITED_API', '1'))\n"
                "    options['bdist_wheel'] = {'py_limited_api': 'cp39'}\n"
                "setup(ext_modules=[Extension('x', ['x.c'], define_macros=macros)], "
                "options=options)"
            },
            [],
        ),
        ({"setup.py": "setup(options={'bdist_wheel': {'py_limited_api': 'cp39'}})"}, LIMITED),
        ({"setup.cfg": "[bdist_wheel]\npy_limited_api = cp39\n"}, LIMITED),
        ({"pyproject.toml": "[tool.distutils.bdist_wheel]\npy-limited-api = 'cp39'\n"}, LIMITED),
        ({"pyproject.toml": "[tool.meson-python]\nlimited-api = true\n"}, LIMITED),
        ({"pyproject.toml": "[tool.scikit-build]\nwheel.py-api = 'cp312'\n"}, []),
        ({"Cargo.toml": "[dependencies]\npyo3 = { version = '0.28', features = ['abi3'] }\n"}, []),
        ({"x.c": "#define Py_LIMITED_API 0x03090000\n#include <Python.h>\n"}, LIMITED),
        (
            {
                "x.c": "#ifndef Py_GIL_DISABLED\n#define Py_LIMITED_API 0x03090000\n#endif\n"
                "#include <Python.h>\n"
            },
            [],
        ),
    ],
)
def test_the_limited_api(tmp_path, files, expected):
    assert rules(project(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", []),
        ('build = "cp3*-*"', []),
        ('build = "cp31?-*"', NO_BUILD),
        ('build = ["cp313-*", "cp314-*"]', NO_BUILD),
        ('build = "cp{313,314,314t}-*"', []),
        ('skip = "cp3??t-*"', NO_BUILD),
        ('skip = "cp31?t-*"', NO_BUILD),
        ('skip = "cp313t-* cp314t-win*"', []),
        ('skip = "cp314t-*"', []),
        ('build = "cp314*"\nskip = "cp31{3,4}t-*"', NO_BUILD),
        ('[tool.cibuildwheel.linux]\nbuild = "cp314t-*"', []),
    ],
)
def test_cibuildwheel_in_pyproject(tmp_path, table, expected):
    files = {"pyproject.toml": f"[tool.cibuildwheel]\n{table}\n"}
    assert rules(project(tmp_path, files)) == expected


def test_requires_python_that_excludes_it(tmp_path):
    text = "[project]\nrequires-python = '<3.14'\n[tool.cibuildwheel]\nskip = ''\n"
    assert rules(project(tmp_path, {"pyproject.toml": text})) == NO_BUILD


WORKFLOW = """\
name: wheels
on: [push]
{top}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - {step}
        env:
          CIBW_OTHER: 1
{env}
"""


@pytest.mark.parametrize(
    ("step", "env", "top", "expected"),
    [
        ("uses: pypa/cibuildwheel@v4.0.1", "", "", []),
        ("uses: pypa/cibuildwheel@v3.1", "", "", []),
        ("uses: pypa/cibuildwheel@v2.23.3", "", "", NO_BUILD),
        ("uses: pypa/cibuildwheel@v2.23.3", "CIBW_ENABLE: cpython-freethreading", "", NO_BUILD),
        ("uses: pypa/cibuildwheel@v3.0.0", "", "", NO_BUILD),
        ("uses: pypa/cibuildwheel@v3.0.0", "CIBW_ENABLE: cpython-freethreading", "", []),
        ("uses: pypa/cibuildwheel@v3.0.0", "CIBW_FREE_THREADED_SUPPORT: true", "", []),
        ("uses: pypa/cibuildwheel@v3.1", 'CIBW_SKIP: "cp31?t-*"', "", NO_BUILD),
        ("uses: pypa/cibuildwheel@v4.0.1", 'CIBW_SKIP: "cp31?t-*"', "", NO_BUILD),
        ("uses: pypa/cibuildwheel@v3.1", "", "env:\n  CIBW_BUILD: cp314-*", NO_BUILD),
        ("uses: pypa/cibuildwheel@v3.1", "CIBW_BUILD: cp314t-*", "env:\n  CIBW_BUILD: cp314-*", []),
        ("run: pipx run cibuildwheel==2.16.5", "", "", NO_BUILD),
        ("run: python -m cibuildwheel --output-dir dist", "", "", []),
        ("run: pip install cibuildwheel==2.1", "", "", NO_BUILD),
        ("run: pip install cibuildwheel", "CIBW_BUILD: cp314-*", "", []),
    ],
)
def test_cibuildwheel_in_a_workflow(tmp_path, step, env, top, expected):
    text = WORKFLOW.format(step=step, env=f"          {env}", top=top)
    assert rules(project(tmp_path, {".github/workflows/wheels.yml": text})) == expected


def test_what_a_matrix_decides_is_a_note(tmp_path):
    env = "          CIBW_BUILD: ${{ matrix.python }}-*"
    text = WORKFLOW.format(step="uses: pypa/cibuildwheel@v3.1", env=env, top="")
    inspection = project(tmp_path, {".github/workflows/wheels.yml": text})
    assert rules(inspection) == []
    assert ".github/workflows/wheels.yml:9" in " ".join(inspection.notes)
