"""`ungil check` over wheels with real compiled modules: what it reads, says and keeps."""

import io
import json
import os
import platform
import random
import subprocess
import sys
import zipfile

import pytest

from extensions.building import compile_library
from extensions.modules import STYLES, module
from loopback import LoopbackIndex, wheel
from ungil.interpreters import find_free_threaded

MACHINE = platform.machine()
PLATFORM = f"{MACHINE}-unknown-linux-gnu"
TAG = f"cp314-cp314t-manylinux_2_17_{MACHINE}"
SUFFIX = f".cpython-314t-{MACHINE}-linux-gnu.so"


def compiled(code, name):
    return compile_library(module(code, name), compiler="gcc")


def declared(name="mod"):
    return compiled(STYLES["slot_not_used"].code, name)


def undeclared(name="mod"):
    return compiled(STYLES["no_slot"].code, name)


@pytest.fixture
def server():
    with LoopbackIndex(recorded=False) as index:
        yield index


@pytest.fixture
def check(server, tmp_path):
    """Run `ungil check`; returns the process, its JSON in `.report`."""

    def run(*arguments, target="3.14t", system=PLATFORM, form="json", path=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
        environment |= {"PIP_CONFIG_FILE": os.devnull, "COLUMNS": "120"}
        environment["PATH"] = path or environment["PATH"]
        command = [sys.executable, "-m", "ungil", "check", *arguments, "--format", form]
        command += ["--index-url", server.url, "--cache-dir", str(tmp_path / "cache")]
        command += ["--target", target, "--platform", system]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        if form == "json" and done.stdout:
            done.report = json.loads(done.stdout)
        return done

    return run


METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def add(server, members, name="demo", version="1.0", tag=TAG, **fields):
    content = wheel(name, version, members=members)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    return server.add(name, f"{name}-{version}-{tag}.whl", content, metadata=metadata, **fields)


def row(done, name="demo"):
    assert done.stdout, done.stderr
    return next(r for r in done.report["distributions"] if r["name"] == name)


def codes(done):
    return [f["code"] for f in done.report["findings"]]


def test_modules_that_declare_keep_the_gil_off(check, server):
    add(server, {f"demo/_a{SUFFIX}": declared("_a"), "demo/_b.so": declared("_b")})
    done = check("demo")
    assert row(done)["keeps_gil_off"] is True
    assert row(done)["evidence"] == "declaration"
    modules = {m["name"]: m for m in row(done)["modules"]}
    assert modules.keys() == {"demo._a", "demo._b"}
    assert modules["demo._a"]["declaration"] == "not_used"
    assert modules["demo._a"]["explicit"] is True
    assert codes(done) == []
    assert done.returncode == 0


def test_a_wheel_without_modules_keeps_the_gil_off(check, server):
    add(server, {"demo/__init__.py": b""})
    assert row(check("demo"))["keeps_gil_off"] is True


def test_one_undeclared_module_is_enough(check, server):
    add(server, {f"demo/_a{SUFFIX}": declared("_a"), f"demo/_b{SUFFIX}": undeclared("_b")})
    done = check("demo")
    assert row(done)["keeps_gil_off"] is False
    (finding,) = done.report["findings"]
    assert (finding["code"], finding["evidence"]) == ("UG115", "declaration")
    assert "demo._b" in finding["message"]
    assert "demo._a" not in finding["message"]
    assert "PYTHON_GIL=0" in finding["remedy"]
    assert done.returncode == 1


def test_single_phase_modules_have_a_finding_of_their_own(check, server):
    add(
        server,
        {
            f"demo/_old{SUFFIX}": compiled(STYLES["single"].code, "_old"),
            f"demo/_good{SUFFIX}": compiled(STYLES["single_not_used"].code, "_good"),
            f"demo/_new{SUFFIX}": undeclared("_new"),
        },
    )
    done = check("demo")
    said = {f["code"]: f["message"] for f in done.report["findings"]}
    assert said.keys() == {"UG115", "UG117"}
    assert "demo._new" in said["UG115"]
    assert "demo._old" in said["UG117"]
    assert "_good" not in said["UG115"] + said["UG117"]


def test_what_is_decided_at_run_time_is_unknown(check, server):
    add(server, {f"demo/_a{SUFFIX}": compiled(STYLES["decided"].code, "_a")})
    done = check("demo")
    assert row(done)["keeps_gil_off"] is None
    assert row(done)["reason"]
    assert codes(done) in (["UG116"], ["UG127"])


def test_a_damaged_member_is_unknown_and_named(check, server):
    whole = declared("_a")
    add(server, {f"demo/_a{SUFFIX}": whole[: len(whole) // 3], "demo/_b.so": b"not a library"})
    done = check("demo")
    assert row(done)["keeps_gil_off"] is None
    (finding,) = done.report["findings"]
    assert finding["code"] == "UG127"
    assert "demo._a" in finding["message"]
    assert "demo._b" in finding["message"]
    assert done.returncode == 3


@pytest.mark.parametrize("name", ["../evil.so", "/evil.so", "demo\\..\\evil.so"])
def test_a_hostile_archive_is_refused(check, server, name):
    add(server, {name: declared("evil")})
    done = check("demo")
    assert codes(done) == ["UG119"]
    assert row(done)["keeps_gil_off"] is None
    assert done.returncode == 1


def test_a_link_in_an_archive_is_refused(check, server):
    packed = io.BytesIO(wheel("demo", "1.0"))
    with zipfile.ZipFile(packed, "a") as archive:
        link = zipfile.ZipInfo("demo/_a.so")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    server.add("demo", f"demo-1.0-{TAG}.whl", packed.getvalue(), metadata=METADATA)
    assert codes(check("demo")) == ["UG119"]


def test_no_archive_at_all_is_refused(check, server):
    server.add("demo", f"demo-1.0-{TAG}.whl", b"PK not really" * 100, metadata=METADATA)
    assert codes(check("demo")) == ["UG119"]


def test_only_what_the_target_would_import_counts(check, server):
    bad = undeclared
    add(
        server,
        {
            f"demo/_a{SUFFIX}": declared("_a"),
            f"demo/_a.cpython-313t-{MACHINE}-linux-gnu.so": bad("_a"),
            f"demo/_a.cpython-314-{MACHINE}-linux-gnu.so": bad("_a"),
            "demo/_a.cpython-314t-darwin.so": bad("_a"),
            "demo/_a.so": bad("_a"),  # found only where the first is not
            "demo/libcompanion.so": bad("other"),
            f"demo.libs/_x{SUFFIX}": bad("_x"),
            f"demo-1.0.data/scripts/_s{SUFFIX}": bad("_s"),
        },
    )
    done = check("demo")
    assert [m["name"] for m in row(done)["modules"]] == ["demo._a"]
    assert row(done)["keeps_gil_off"] is True


@pytest.mark.free_threaded
@pytest.mark.parametrize("version", ["3.14", "3.15"])
def test_the_suffixes_are_those_of_the_interpreter(check, server, version):
    python = find_free_threaded(version)
    if python is None:
        pytest.skip(f"no free-threaded {version}")
    minor = version.partition(".")[2]
    others = [
        *(".abi4.so", ".abi3-x86_64-linux-gnu.so", ".cpython-313t.so", ".foo.so", ".pyd"),
        *(
            f".cpython-3{minor}-{MACHINE}-linux-gnu.so",
            f".cpython-3{minor}t-{MACHINE}-linux-musl.so",
        ),
    ]
    suffixes = dict.fromkeys([*python.extension_suffixes, ".abi3.so", ".abi3t.so", *others])
    members = {f"m{n}{suffix}": b"no library" for n, suffix in enumerate(suffixes)}
    add(server, members, tag=TAG.replace("314", f"3{minor}"))
    done = check("demo", target=f"{version}t")
    wanted = {f"m{n}" for n, suffix in enumerate(suffixes) if suffix in python.extension_suffixes}
    assert {m["name"] for m in row(done)["modules"]} == wanted


def test_modules_are_named_as_they_are_imported(check, server):
    add(
        server,
        {
            f"demo/__init__{SUFFIX}": declared("demo"),
            f"demo/with-hyphen{SUFFIX}": declared("with_hyphen"),
            f"demo-1.0.data/platlib/top{SUFFIX}": declared("top"),
            f"1abc__mypyc{SUFFIX}": declared("1abc__mypyc".replace("1", "_1")),
        },
    )
    done = check("demo")
    assert [m["name"] for m in row(done)["modules"]] == ["demo", "demo.with-hyphen", "top"]


def test_a_stable_abi_module_that_would_be_misread_is_unknown(check, server):
    add(server, {"demo/_a.abi3.so": declared("_a")})
    assert row(check("demo"))["keeps_gil_off"] is None


def test_platform_wheels_without_an_abi_are_looked_into(check, server):
    tag = f"py3-none-manylinux_2_17_{MACHINE}"
    add(server, {"demo/lib/helper.so": undeclared("other")}, tag=tag)
    add(server, {"tool/_a.so": undeclared("_a")}, name="tool", tag=tag)
    done = check("demo", "tool")
    assert row(done)["keeps_gil_off"] is True
    assert row(done, "tool")["keeps_gil_off"] is False


def test_on_a_gil_enabled_target_nothing_is_read(check, server):
    path = add(server, {f"demo/_a{SUFFIX}": undeclared("_a")}, tag=TAG.replace("314t", "314"))
    done = check("demo", target="3.14")
    assert row(done)["keeps_gil_off"] is None
    assert server.requests[path] == 0
    assert codes(done) == []


def test_evidence_tag_transfers_no_wheel(check, server, tmp_path):
    path = add(server, {f"demo/_a{SUFFIX}": undeclared("_a")})
    done = check("demo", "--evidence", "tag")
    assert (row(done)["keeps_gil_off"], row(done)["evidence"]) == (None, "tag")
    assert row(done)["modules"] == []
    assert (codes(done), done.returncode) == ([], 0)
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname='p'\nversion='1'\ndependencies=['demo']\n[tool.ungil]\nevidence='tag'\n"
    )
    assert row(check())["evidence"] == "tag"
    assert server.requests[path] == 0
    told = check("demo", "--evidence", "tag", form="terminal").stdout
    line = next(line for line in told.splitlines() if "demo 1.0" in line)
    assert line.split() == ["demo", "1.0", "✓", "wheel", "tag", "?"]


NOISE = random.Random(3).randbytes(6 << 20)


def test_only_parts_of_a_wheel_are_transferred(check, server):
    add(server, {"demo/data.bin": NOISE, f"demo/_a{SUFFIX}": undeclared("_a")})
    done = check("demo", "-v")
    assert row(done)["keeps_gil_off"] is False
    assert server.bytes_sent < len(NOISE) / 4
    assert any("of 1 wheel." in note for note in done.report["notes"])


def test_a_server_without_ranges_gives_each_wheel_once(check, server):
    path = add(server, {"demo/data.bin": NOISE, f"demo/_a{SUFFIX}": undeclared("_a")})
    server.fail("/files/", "no-ranges")
    done = check("demo")
    assert row(done)["keeps_gil_off"] is False
    assert len(NOISE) < server.bytes_sent < len(NOISE) * 1.5
    assert server.requests[path] == 2  # the first asked for a part


def test_a_whole_wheel_must_have_the_hash_that_the_index_names(check, server):
    members = {"demo/data.bin": NOISE, f"demo/_a{SUFFIX}": declared("_a")}
    add(server, members, hashes={"sha256": "0" * 64})
    server.fail("/files/", "no-ranges")
    done = check("demo")
    assert row(done)["keeps_gil_off"] is None
    assert codes(done) == ["UG127"]


def test_a_server_that_breaks_off_leaves_an_unknown(check, server):
    path = add(server, {"demo/data.bin": NOISE, f"demo/_a{SUFFIX}": declared("_a")})
    check("demo", "--evidence", "tag")  # learns the page and the metadata
    server.fail(path, "404")
    done = check("demo")
    assert (row(done)["installs"], row(done)["keeps_gil_off"]) == (True, None)
    assert row(done)["evidence"] == "tag"
    assert codes(done) == ["UG127"]
    assert done.returncode == 3


def test_what_was_read_once_is_not_transferred_again(check, server):
    path = add(server, {f"demo/_a{SUFFIX}": undeclared("_a"), "demo/data.bin": NOISE})
    first = check("demo")
    asked = server.requests[path]
    assert asked > 0
    again = check("demo")
    offline = check("demo", "--offline")
    assert server.requests[path] == asked
    for done in (again, offline):
        assert row(done) == row(first)
        assert codes(done) == ["UG115"]


def test_a_wheel_without_a_hash_is_read_every_time(check, server):
    path = add(server, {f"demo/_a{SUFFIX}": declared("_a")}, hashes={})
    check("demo")
    asked = server.requests[path]
    check("demo")
    assert server.requests[path] > asked


def test_offline_without_a_cache_is_unknown(check, server):
    add(server, {f"demo/_a{SUFFIX}": declared("_a")})
    check("demo", "--evidence", "tag")  # learns the page
    done = check("demo", "--offline")
    assert (row(done)["installs"], row(done)["keeps_gil_off"]) == (True, None)
    assert codes(done) == ["UG127"]


def test_the_remedy_looks_at_the_newest_release(check, server):
    bad = {f"demo/_a{SUFFIX}": undeclared("_a")}
    add(server, bad)
    add(server, {f"demo/_a{SUFFIX}": declared("_a")}, version="2.0")
    remedy = check("demo==1.0").report["findings"][0]["remedy"]
    assert remedy.startswith("Require demo>=2.0, whose modules keep it off.")
    add(server, bad, version="3.0")
    remedy = check("demo==1.0", "--refresh").report["findings"][0]["remedy"]
    assert remedy.startswith("So does 3.0, the newest release.")
    path = add(server, bad, version="4.0")
    server.fail(path, "500")
    remedy = check("demo==1.0", "--refresh").report["findings"][0]["remedy"]
    assert "4.0, the newest release, keeps it off could not be told" in remedy


def test_fix_takes_the_release_that_keeps_the_gil_off(check, server, tmp_path):
    bad = {f"demo/_a{SUFFIX}": undeclared("_a")}
    add(server, bad)
    add(server, bad, version="2.0")
    add(server, {f"demo/_a{SUFFIX}": declared("_a")}, version="3.0")
    (tmp_path / "requirements.txt").write_text("demo==1.0\n")
    assert check("requirements.txt", "--fix", "--write", form="terminal").returncode == 1
    assert (tmp_path / "requirements.txt").read_text() == "demo==3.0\n"


def test_own_wheels_must_keep_what_their_tag_promises(check, tmp_path):
    dist = tmp_path / "dist"
    dist.mkdir()
    name = f"demo-1.0-{TAG}.whl"
    path = dist / name
    single = compiled(STYLES["single"].code, "_b")
    members = {f"demo/_a{SUFFIX}": undeclared("_a"), f"demo/_b{SUFFIX}": single}
    path.write_bytes(wheel("demo", "1.0", members=members))
    for subject in ("dist", f"dist/{name}"):
        done = check(subject)
        (finding,) = done.report["findings"]
        assert finding["code"] == "UG118"
        assert finding["location"] == {"path": f"dist/{name}", "line": None}
        assert "demo._a" in finding["message"]
        assert "demo._b" in finding["message"]
        assert "Py_MOD_GIL_NOT_USED" in finding["remedy"]
        assert row(done)["keeps_gil_off"] is False
    path.write_bytes(wheel("demo", "1.0", members={"demo/_a.so": declared("_a")}))
    done = check("dist")
    assert (codes(done), done.returncode) == ([], 0)
    assert row(done)["evidence"] == "declaration"


def test_an_own_wheel_that_is_hostile_is_refused_where_it_lies(check, tmp_path):
    name = f"demo-1.0-{TAG}.whl"
    (tmp_path / name).write_bytes(wheel("demo", "1.0", members={"../evil.so": declared("evil")}))
    (finding,) = check(name).report["findings"]
    assert finding["code"] == "UG119"
    assert finding["location"]["path"] == name


def test_modules_built_in_place_are_read(check, server, tmp_path):
    package = tmp_path / "src" / "mine"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / f"_a{SUFFIX}").write_bytes(undeclared("_a"))
    (package / f"_a.cpython-314-{MACHINE}-linux-gnu.so").write_bytes(undeclared("_a"))
    elsewhere = tmp_path / ".venv" / "lib"
    elsewhere.mkdir(parents=True)
    (elsewhere / f"_x{SUFFIX}").write_bytes(undeclared("_x"))
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname='mine'\nversion='1'\ndependencies=['demo']\n"
    )
    add(server, {"demo/__init__.py": b""}, tag="py3-none-any")
    done = check()
    (finding,) = [f for f in done.report["findings"] if f["code"] < "UG200"]
    assert finding["code"] == "UG115"
    assert finding["message"].count("mine._a") == 1
    assert "src.mine" not in finding["message"]
    assert finding["location"]["path"] == f"src/mine/_a{SUFFIX}"
    assert check("--evidence", "tag").returncode == 0


SOURCE = """#include <Python.h>
static PyModuleDef_Slot slots[] = {{Py_mod_exec, 0}, {0, NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "mod", NULL, 0, NULL, slots};
PyMODINIT_FUNC PyInit_mod(void) { return PyModuleDef_Init(&def); }
"""


def test_the_sources_of_a_project_are_read_once(check, server, tmp_path):
    project = tmp_path / "mine"
    project.mkdir()
    (project / "mod.c").write_text(SOURCE)
    (project / "pyproject.toml").write_text(
        "[project]\nname='mine'\nversion='1'\ndependencies=['demo']\n"
    )
    add(server, {"demo/__init__.py": b""}, tag="py3-none-any")
    done = check("mine", "--target", "3.15t")
    (finding,) = [f for f in done.report["findings"] if f["code"] == "UG200"]
    assert finding["location"] == {"path": "mine/mod.c", "line": 2}
    for arguments in (["mine", "--evidence", "tag"], ["mine/pyproject.toml"], ["demo"]):
        assert codes(check(*arguments)) == []
    assert codes(check("mine", target="3.14")) == []


def test_every_module_is_shown_with_v(check, server):
    add(server, {f"demo/_a{SUFFIX}": declared("_a"), f"demo/_b{SUFFIX}": undeclared("_b")})
    told = check("demo", "-v", form="terminal").stdout
    assert "demo._a  keeps it off" in told
    assert "demo._b  switches it on" in told
    assert "demo._a" not in check("demo", form="terminal").stdout
    assert "keeps it off" in check("demo", "-v", form="markdown").stdout
    assert "keeps it off" not in check("demo", form="markdown").stdout
    assert "demo._a" in check("demo", form="html").stdout


def installed(tmp_path, python, members):
    """A virtual environment with `demo` in it."""
    venv = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    info = {"demo-1.0.dist-info/METADATA": METADATA}
    record = "".join(f"{path},,\n" for path in (*members, "../../../bin/demo.so", "gone/x.py"))
    for path, data in {**members, **info, "demo-1.0.dist-info/RECORD": record.encode()}.items():
        file = packages / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
    return str(venv)


@pytest.mark.free_threaded
def test_what_is_installed_is_read_in_place_of_the_index(check, server, tmp_path):
    python = find_free_threaded("3.14")
    if python is None:
        pytest.skip("no free-threaded 3.14")
    path = add(server, {f"demo/_a{SUFFIX}": declared("_a")})
    venv = installed(tmp_path, python.path, {f"demo/_a{SUFFIX}": undeclared("_a")})
    done = check("--environment", venv)
    assert row(done)["keeps_gil_off"] is False
    assert codes(done) == ["UG115"]
    assert server.requests[path] == 0
    # Whatever the index has: it may have been built from source.
    server.add("demo", "demo-1.0.tar.gz", b"", metadata=METADATA)
    server.page("demo")["files"] = server.page("demo")["files"][1:]
    built = check("--environment", venv, "--refresh")
    assert (row(built)["case_name"], row(built)["installs"]) == ("source-only", None)
    assert row(built)["keeps_gil_off"] is False
    # For another target it says nothing.
    add(server, {"demo/_a.so": declared("_a")}, tag=TAG.replace("314", "315"))
    other = check("--environment", venv, "--refresh", target="3.15t")
    assert row(other)["keeps_gil_off"] is True


@pytest.mark.free_threaded
def test_import_confirms_what_was_read(check, server):
    if find_free_threaded("3.14") is None:
        pytest.skip("no free-threaded 3.14")
    add(server, {f"demo/_a{SUFFIX}": declared("_a"), "demo/_b.so": declared("_b")})
    add(server, {f"other/_c{SUFFIX}": undeclared("_c")}, name="other")
    done = check("demo", "other", "--import")
    assert (row(done)["keeps_gil_off"], row(done)["evidence"]) == (True, "imported")
    assert (row(done, "other")["keeps_gil_off"], codes(done)) == (False, ["UG115"])
    assert {m["found_by"] for m in row(done)["modules"]} == {"import"}
    (line,) = done.stderr.splitlines()
    assert "running the code of up to 2 distributions" in line


@pytest.mark.free_threaded
def test_an_import_that_disagrees_wins_and_is_a_finding(check, server):
    if find_free_threaded("3.14") is None:
        pytest.skip("no free-threaded 3.14")
    # Runs when the library is loaded, where no reader of PyInit looks.
    liar = compiled(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        static Slot *volatile there = NAME_slots;
        __attribute__((constructor)) static void change(void) { there[1].value = USED; }
        INIT(NAME) { return PyModuleDef_Init(&NAME_def); }""",
        "_a",
    )
    add(server, {f"demo/_a{SUFFIX}": liar})
    if row(check("demo"))["keeps_gil_off"] is not True:
        pytest.skip("the reader is not deceived")
    done = check("demo", "--import")
    assert set(codes(done)) == {"UG115", "UG128"}
    assert row(done)["keeps_gil_off"] is False


@pytest.mark.free_threaded
def test_a_module_that_cannot_be_imported_stays_as_it_was_read(check, server):
    if find_free_threaded("3.14") is None:
        pytest.skip("no free-threaded 3.14")
    crash = compiled(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        INIT(NAME) { *(volatile int *)0 = 1; return PyModuleDef_Init(&NAME_def); }""",
        "_a",
    )
    add(server, {f"demo/_a{SUFFIX}": crash})
    done = check("demo", "--import")
    assert row(done)["evidence"] == "declaration"
    assert "SIGSEGV" in row(done)["reason"]


def test_import_without_an_interpreter_is_wrong_use(check, tmp_path):
    for arguments in ({"path": str(tmp_path)}, {"system": "windows"}):
        done = check("demo", "--import", **arguments)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "none was found" in line
    assert check("demo", "--import", "--evidence", "tag").returncode == 2


@pytest.mark.parametrize("evidence", ["tag", "declaration"])
def test_the_readers_are_loaded_only_for_wheels_that_are_read(server, tmp_path, evidence):
    add(server, {f"demo/_a{SUFFIX}": declared("_a")})
    code = (
        "import sys; from ungil.cli import main; main(sys.argv[1:]); "
        "print(any(m.startswith(('capstone', 'ungil.extensions')) for m in sys.modules))"
    )
    command = [sys.executable, "-c", code, "check", "demo", "--output", "report"]
    command += ["--index-url", server.url, "--cache-dir", str(tmp_path), "--evidence", evidence]
    command += ["--target", "3.14t", "--platform", PLATFORM]
    loaded = []
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        loaded.append(done.stdout.strip())
    assert loaded == ["True" if evidence == "declaration" else "False", "False"]


@pytest.mark.live
def test_which_of_three_known_distributions_switch_the_gil_on(tmp_path):
    command = [sys.executable, "-m", "ungil", "check", "-v", "--format", "json"]
    command += ["lxml==6.1.3", "apsw==3.54.1.0", "markupsafe==3.0.4"]
    command += ["--target", "3.14t", "--platform", "linux", "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    done.report = json.loads(done.stdout)
    assert {n: row(done, n)["keeps_gil_off"] for n in ("lxml", "apsw", "markupsafe")} == {
        "lxml": False,
        "apsw": False,
        "markupsafe": True,
    }
    switching = {m["name"] for n in ("lxml", "apsw") for m in row(done, n)["modules"]}
    assert {"lxml.etree", "lxml.objectify", "apsw"} <= switching
    note = next(n for n in done.report["notes"] if n.startswith("Read "))
    read, size = (int(part.replace(",", "")) for part in note.split()[1:4:2])
    assert read < size / 3
