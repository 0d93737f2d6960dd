"""Requirements files as pip reads them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from project_support import LINUX, WINDOWS, pinned, put, refusal, select

from ungil.project import SubjectError, read

SHA = "ab" * 32


def wanted(folder: Path, text: str | bytes) -> list[str]:
    selection = select(put(folder, {"requirements.txt": text}))
    return [one.requirement for one in selection.wanted]


def message(folder: Path, text: str | bytes) -> str:
    return refusal(put(folder, {"requirements.txt": text}), "requirements.txt")


def test_lines_comments_and_continuations(tmp_path: Path) -> None:
    text = (
        "# a comment \\\n"
        "numpy>=2  # why\n"
        "\n"
        "   lxml [html5]  >= 5 , < 7 \\\n"
        "   ; python_version > '3'\n"
        "six==1.*\\\n"
        "# a comment ends the continuation\n"
        "urllib3>=1\t# a tab is a blank\n"
    )
    selection = select(put(tmp_path, {"requirements.txt": text}))
    assert [(w.requirement, w.location and w.location.line) for w in selection.wanted] == [
        ("numpy>=2", 2),
        ("lxml [html5]  >= 5 , < 7    ; python_version > '3'", 4),
        ("six==1.*", 6),
        ("urllib3>=1", 8),
    ]


def test_markers_drop_lines(tmp_path: Path) -> None:
    put(tmp_path, {"requirements.txt": "a; sys_platform == 'win32'\nb; sys_platform != 'win32'\n"})
    assert [w.requirement[0] for w in select(tmp_path, environment=LINUX).wanted] == ["b"]
    assert [w.requirement[0] for w in select(tmp_path, environment=WINDOWS).wanted] == ["a"]


def test_options(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "wheels/.keep": "",
            "requirements.txt": "-i https://me:secret@index.example/simple\n"
            "--extra-index-url=https://other.example/simple --pre\n"
            "--index-url https://last.example/simple\n"
            "-f wheels\n--find-links https://links.example/\n"
            "--no-binary :all: --only-binary numpy\n--prefer-binary\n--require-hashes\n"
            "--trusted-host other.example\n--use-feature fast-deps\n--no-index\n"
            "numpy --config-settings='a=b c' --global-option x -C d=e\n",
        },
    )
    selection = select(tmp_path)
    assert [w.requirement for w in selection.wanted] == ["numpy"]
    assert selection.indexes == ("https://last.example/simple",)
    assert selection.extra_indexes == ("https://other.example/simple",)
    assert selection.find_links == (str(tmp_path / "wheels"), "https://links.example/")
    assert selection.prereleases
    assert any("--no-index" in note for note in selection.notes)


def test_hashes(tmp_path: Path) -> None:
    other = SHA.upper()[::-1]
    text = f"a>=1 --hash=sha256:{SHA} \\\n  --hash sha256:{other} --hash=sha512:{SHA * 2}\n"
    (one,) = select(put(tmp_path, {"requirements.txt": text})).wanted
    assert one.requirement == "a>=1"
    assert one.hashes == {SHA, SHA[::-1]}


@pytest.mark.parametrize("digest", ["sha256:12", "md5:" + "0" * 32, "zz", "sha256:" + "g" * 64])
def test_bad_hashes(tmp_path: Path, digest: str) -> None:
    assert "--hash takes" in message(tmp_path, f"a==1 --hash={digest}")


def test_includes_and_constraints(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "requirements.txt": "-r sub/base.txt\n-csub/limits.txt\na\n",
            "sub/base.txt": "--requirement=more.txt\nb\n",
            "sub/more.txt": "c\n",
            "sub/limits.txt": "a<3\nd @ https://files.example/d.whl\n-r extra.txt\n",
            "sub/extra.txt": "e\n",
        },
    )
    selection = select(tmp_path)
    assert [str(w.location) for w in selection.wanted] == [
        "sub/more.txt:1",
        "sub/base.txt:2",
        "sub/extra.txt:1",  # -r inside a constraints file requires, as for pip
        "requirements.txt:3",
    ]
    assert [w.requirement for w in selection.constraints] == ["a<3"]
    assert any("sub/limits.txt:2: a constraint" in note for note in selection.notes)


def test_include_cycles_name_the_ring(tmp_path: Path) -> None:
    put(tmp_path, {"a.txt": "-r b.txt\n", "b.txt": "x\n-r c.txt\n", "c.txt": "-r b.txt\n"})
    assert refusal(tmp_path, "a.txt") == (
        "c.txt:1: files include each other: b.txt -> c.txt -> b.txt; remove one"
    )
    put(tmp_path, {"self.txt": "-r ./self.txt\n"})
    assert "self.txt -> self.txt" in refusal(tmp_path, "self.txt")


def test_a_file_included_along_two_ways_counts_once(tmp_path: Path) -> None:
    # Forty such levels would take 2**40 reads.
    files = {f"r{i}.txt": f"-r r{i + 1}.txt\n-r r{i + 1}.txt\n" for i in range(40)}
    put(tmp_path, {**files, "r40.txt": "numpy\n"})
    assert len(select(tmp_path, "r0.txt").wanted) == 1


def test_includes_that_cannot_be_followed(tmp_path: Path) -> None:
    remote = message(tmp_path, "-r https://me:secret@files.example/r.txt\n")
    assert remote == (
        "requirements.txt:1: https://files.example/r.txt is remote; "
        "download it and include the file"
    )
    assert "download" in message(tmp_path, "-c http://files.example/c.txt\n")
    missing = message(tmp_path, "a\n-r gone.txt\n")
    assert missing.startswith("requirements.txt:2: included from here: gone.txt: no such file")
    chain = {f"r{i}.txt": f"-r r{i + 1}.txt\n" for i in range(60)}
    assert "50 files" in refusal(put(tmp_path, chain), "r0.txt")


def test_variables_are_expanded_but_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("V", "2.1")
    put(
        tmp_path,
        {
            "requirements.txt": "-i https://${TOKEN}@index.example/simple\nnumpy==${V}\n"
            "app @ git+https://${TOKEN}@git.example/app\n"
            "git+https://git.example/${TOKEN}/b#egg=b\n",
        },
    )
    selection = select(tmp_path)
    assert selection.indexes == ("https://s3cret@index.example/simple",)
    assert [w.requirement for w in selection.wanted] == ["numpy==2.1"]
    assert [u.text for u in selection.unindexed] == [
        "app @ git+https://git.example/app",
        "git+https://git.example/${TOKEN}/b#egg=b",
    ]
    for line in ("-r ${TOKEN}.txt", "-r https://x/${TOKEN}", "numpy >> ${TOKEN}", "a ${TOKEN}"):
        assert "s3cret" not in message(tmp_path, line)


def test_what_no_index_carries(tmp_path: Path) -> None:
    lines = {
        "-e .": ("-e", "editable", None),
        "-e git+https://me:secret@git.example/p.git@main#egg=Pro_ject[x]&subdirectory=s": (
            "pro-ject",
            "editable",
            None,
        ),
        "git+ssh://git@git.example/r.git": ("git+ssh://git.example/r.git", "vcs", None),
        "https://files.example/w-1.2-py3-none-any.whl ; os_name == 'posix'": ("w", "url", "1.2"),
        "https://files.example/x.zip ; os_name == 'nt'": None,
        "./lib": ("./lib", "path", None),
        "wheels/y_z-3.0-py3-none-any.whl": ("y-z", "path", "3.0"),
        "name @ file:///there/name.tar.gz": ("name", "path", None),
        "Other[x] @ https://files.example/o.whl ; os_name == 'posix'": ("other", "url", None),
        "pkg-4.0.tar.gz": ("pkg", "path", "4.0"),
        "file:///there/q-1.0.tar.gz": ("q", "path", "1.0"),
    }
    selection = select(put(tmp_path, {"requirements.txt": "\n".join(lines)}))
    found = [(u.name, u.kind, u.version) for u in selection.unindexed]
    expected = [value for value in lines.values() if value]
    expected[0] = (".", "editable", None)
    assert found == expected
    assert "secret" not in str(selection)
    assert not selection.wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--frobnicate\n", "'--frobnicate' is no option of a requirements file"),
        ("a\n\n-x y\n", "requirements.txt:3: '-x' is no option"),
        ("-r\n", "-r lacks its value"),
        ("--pre=yes\n", "is no option"),
        ("-e 'unclosed\n", "a quote is not closed"),
        ("numpy >> 2\n", "'numpy >> 2' is no requirement"),
        ("numpy 2\n", "is no requirement"),
        ("a; python == 3\n", "is no requirement"),
        ("a; python_version ~= 'x'\n", "compares what cannot be compared"),
        ("numpy @ https://me:secret@x.example/ y\n", "numpy @ https://x.example/ y"),
        ("--hash=sha256:00 a\n", "--hash takes"),
        ("--pre a\n", "'what follows an option' is no option"),
    ],
)
def test_broken_lines(tmp_path: Path, text: str, said: str) -> None:
    error = message(tmp_path, text)
    assert said in error
    assert "secret" not in error


# Locked or wanted?


def test_hashes_on_every_line_make_a_lock(tmp_path: Path) -> None:
    text = f"a==1 --hash=sha256:{SHA}\nb===2.0 --hash=sha256:{SHA}\n"
    selection = select(put(tmp_path, {"requirements.txt": text}))
    assert pinned(selection) == {"a": "1", "b": "2.0"}
    assert selection.pins[0].files is None
    assert {pin.direct for pin in selection.pins} == {None}


def test_compiler_comments_make_a_lock(tmp_path: Path) -> None:
    text = (
        "#\n# This file is autogenerated by pip-compile with Python 3.13\n#\n"
        "a==1  # via -r requirements.in, b\n"
        "b==2\n    # via\n    #   -r requirements.in\n    #   c\n"
        "c==3 ; sys_platform == 'win32'\n    # via -c constraints.txt\n"
        "-e .\n    # via -r requirements.in\n"
        "\n# The following packages are considered to be unsafe:\n# setuptools\n"
    )
    selection = select(put(tmp_path, {"requirements.txt": text}), environment=WINDOWS)
    assert [(p.name, p.direct, p.required_by) for p in selection.pins] == [
        ("a", True, ("b",)),
        ("b", True, ("c",)),
        ("c", False, ()),
    ]
    assert len(selection.unindexed) == 1
    assert not selection.wanted


@pytest.mark.parametrize(
    "text",
    [
        "a==1\nb==2\n",  # by hand
        f"a==1 --hash=sha256:{SHA}\nb==2\n",
        f"a==1.* --hash=sha256:{SHA}\n",
        "# autogenerated by pip-compile\na==1\nb\n",
        f"a>=1,==1 --hash=sha256:{SHA}\n",
        "",
    ],
)
def test_everything_else_is_to_be_resolved(tmp_path: Path, text: str) -> None:
    selection = select(put(tmp_path, {"requirements.txt": text}))
    assert not selection.pins
    assert len(selection.wanted) == sum(line[:1] in {"a", "b"} for line in text.splitlines())


# Encodings


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + b"numpy\n",
        codecs.BOM_UTF16_LE + "numpy\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "numpy\n".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "numpy\n".encode("utf-32-le"),
        b"numpy\r\n",
    ],
)
def test_encodings(tmp_path: Path, data: bytes) -> None:
    assert wanted(tmp_path, data) == ["numpy"]


def test_not_utf_8(tmp_path: Path) -> None:
    assert message(tmp_path, "a\n# café\n".encode("latin-1")) == (
        "requirements.txt:2: is not UTF-8 text; save it as UTF-8"
    )


# Properties

# Every example writes the same file anew, so that one folder does for all.
ONE_FOLDER = settings(
    deadline=None,
    max_examples=100,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}([-_.][A-Za-z0-9]{1,4})?", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}(rc1|\.post2)?", fullmatch=True)
MARKERS = st.sampled_from(
    ["", "; python_version >= '3.8'", ' ; sys_platform == "linux"', "; 'x' != os_name"]
)


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, str, frozenset[str]]:
    """A logical line written in some way, with the requirement and hashes it holds."""
    extras = draw(st.lists(NAMES, max_size=2))
    operator = draw(st.sampled_from(["==", ">=", "~=", " != ", "<"]))
    requirement = (
        draw(NAMES)
        + (f"[{','.join(extras)}]" if extras else "")
        + operator
        + draw(VERSIONS)
        + draw(MARKERS)
    )
    digests = draw(st.lists(st.from_regex(r"[0-9a-f]{64}", fullmatch=True), max_size=2))
    gap = st.sampled_from([" ", "  ", " \\\n", " \\\n    ", "\t"])
    join = st.sampled_from(["=", " "])
    text = requirement
    for digest in digests:
        text += draw(gap) + "--hash" + draw(join) + f"sha256:{digest}"
    text += draw(st.sampled_from(["", "  # comment", " # via x", "\n\n# line", "   "]))
    return text, requirement, frozenset(digests)


@ONE_FOLDER
@given(st.lists(lines(), min_size=1, max_size=6))
def test_round_trip(tmp_path: Path, those: list[tuple[str, str, frozenset[str]]]) -> None:
    text = "--pre\n" + "\n".join(written for written, _, _ in those)
    selection = select(put(tmp_path, {"requirements.txt": text}))
    assert selection.prereleases
    if selection.pins:
        assert all(digests or "# via" in text for _, _, digests in those)
        return
    assert [w.requirement for w in selection.wanted] == [r for _, r, _ in those]
    assert [w.hashes for w in selection.wanted] == [d for _, _, d in those]
    for one, (written, _, _) in zip(selection.wanted, those, strict=True):
        assert one.location
        assert one.location.line
        assert text.splitlines()[one.location.line - 1] == written.splitlines()[0]


FRAGMENTS = st.sampled_from(
    [
        *("-r ", "-c", "--hash=sha256:", "\\\n", "#", "${HOME}", " ; ", "==", "@ https://", "["),
        *("-e ", "git+", "://u:p@h/", "\n", "name", "1.0", "file:", "\x00", "\u2028", "(" * 50),
        *(".", "'"),
    ]
)


@ONE_FOLDER
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")),
        st.lists(FRAGMENTS, max_size=30).map(lambda parts: "".join(parts).encode()),
    )
)
@example(b"-r .\n")
@example(b"https://[\n")
@example(b"a @ https://[x\n")
@example(b"-r file://[\n")
@example(b"-r \x00\n")
@example(b"a;" + b"(" * 10_000)
@example(b"a==" + b"9" * 10_000)
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, {"requirements.txt": data})
    try:
        selection = read("requirements.txt", cwd=tmp_path).select(LINUX)
    except SubjectError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
    else:
        assert all(pin.version for pin in selection.pins)
