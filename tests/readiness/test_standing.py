"""Every case that must be told apart, from the file names of one release."""

import pytest

from ungil.index import File
from ungil.readiness import stand, suggest_tag, tag_is_impossible
from ungil.target import Target, parse_platform, parse_python

LINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"


def release(*names, requires_python=None):
    """Files as an index would list them."""
    return [
        File(
            name=name,
            url="https://files.example/" + name,
            requires_python=requires_python,
            tag=name.removesuffix(".whl").split("-", 2)[2] if name.endswith(".whl") else "",
        )
        for name in names
    ]


def on(python="3.14t", platform="linux"):
    return Target(parse_python(python), parse_platform(platform))


def case(files, target=None):
    standing = stand(files, target or on())
    return standing.case.name, standing.installs, standing.keeps_gil_off


def test_a_free_threaded_wheel_says_nothing_about_the_gil():
    files = release(f"lxml-6.1.3-cp314-cp314t-{LINUX}.whl", "lxml-6.1.3.tar.gz")
    assert case(files) == ("free-threaded-wheel", True, None)


def test_abi3t_fits_from_3_15_on():
    files = release(f"x-1-cp315-abi3.abi3t-{LINUX}.whl")
    assert case(files, on("3.15t")) == ("free-threaded-wheel", True, None)
    assert case(files, on("3.14t"))[1] is False


def test_pure_python():
    assert case(release("six-1.17.0-py2.py3-none-any.whl")) == ("pure-python", True, True)


def test_a_program_in_a_wheel_is_bound_to_no_abi():
    files = release(f"ruff-0.17.5-py3-none-{LINUX}.whl", "ruff-0.17.5.tar.gz")
    assert case(files) == ("no-python-abi", True, None)


def test_a_pure_wheel_in_place_of_a_compiled_one():
    files = release(
        f"charset_normalizer-3.4.0-cp313-cp313-{LINUX}.whl",
        "charset_normalizer-3.4.0-py3-none-any.whl",
        "charset_normalizer-3.4.0.tar.gz",
    )
    assert case(files) == ("pure-fallback", True, True)
    assert "cp313" in stand(files, on()).message


def test_compiled_wheels_for_another_platform_are_no_loss_here():
    files = release("x-1-cp314-cp314-win_amd64.whl", "x-1-py3-none-any.whl")
    assert case(files)[0] == "pure-python"


def test_only_the_source_fits():
    files = release(f"orjson-3.13.0-cp314-cp314-{LINUX}.whl", "orjson-3.13.0.tar.gz")
    assert case(files) == ("source-only", None, None)


def test_abi3_never_fits_a_free_threaded_build():
    files = release(f"x-1-cp39-abi3-{LINUX}.whl")
    for python in ("3.14t", "3.15t"):
        assert case(files, on(python)) == ("abi3-only", False, None)
    assert case(files, on("3.14")) == ("gil-enabled-wheel", True, None)
    with_source = release(f"x-1-cp39-abi3-{LINUX}.whl", "x-1.tar.gz")
    assert case(with_source) == ("abi3-only", None, None)


def test_nothing_fits():
    files = release(f"psycopg_binary-3.3.9-cp314-cp314-{LINUX}.whl")
    assert case(files) == ("nothing-fits", False, None)


def test_wheels_for_other_platforms_only():
    files = release("x-1-cp314-cp314t-win_amd64.whl", "x-1-cp314-cp314t-macosx_11_0_arm64.whl")
    assert case(files) == ("wrong-platform", False, None)
    assert "Windows, macOS" in stand(files, on()).message


@pytest.mark.parametrize("wanted", ["<3.14", ">=3.15", "==3.12.*"])
def test_requires_python_excludes(wanted):
    files = release("x-1-py3-none-any.whl", "x-1.tar.gz", requires_python=wanted)
    assert case(files) == ("python-excluded", False, None)


def test_a_specifier_that_cannot_be_read_excludes_nothing():
    files = release("x-1-py3-none-any.whl", requires_python="three")
    assert case(files)[1] is True


def test_the_higher_build_number_wins():
    files = release("x-1-1-py3-none-any.whl", "x-1-10-py3-none-any.whl", "x-1-2-py3-none-any.whl")
    files = [File(f.name, f.url, tag="py3-none-any") for f in files]
    chosen = stand(files, on()).file
    assert chosen is not None
    assert chosen.name == "x-1-10-py3-none-any.whl"


@pytest.mark.parametrize(
    ("tag", "impossible", "meant"),
    [
        ("cp315t-abi3t-win_amd64", True, "cp315-abi3t-win_amd64"),
        ("cp314t-cp314t-win_amd64", True, "cp314-cp314t-win_amd64"),
        ("cp314-cp313t-win_amd64", True, "cp314-cp314t-win_amd64"),
        ("cp314-cp314t-win_amd64", False, None),
        ("cp315-abi3.abi3t-win_amd64", False, None),
        ("cp37-cp37m-manylinux1_x86_64", False, None),
        ("cp39-abi3-win_amd64", False, None),
        ("py3-none-any", False, None),
        ("py2.py3-none-any", False, None),
        ("pp310-pypy310_pp73-win_amd64", False, None),
        ("graalpy311-graalpy242_311_native-win_amd64", False, None),
    ],
)
def test_impossible_tags(tag, impossible, meant):
    assert tag_is_impossible(tag) == impossible
    if impossible:
        assert suggest_tag(tag) == meant
