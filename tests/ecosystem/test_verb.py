"""`ungil ecosystem` from the outside, over recorded answers."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from verb import AS_OF, ELEVEN

from loopback import wheel

VIEWS = [
    "published",
    *(f"{t} {p}" for t in ("3.14t", "3.15t") for p in ("linux", "macos", "windows")),
]


def groups(report, view, day=None):
    """Each package's group on a day."""
    day = day or report["as_of"]
    return {
        package["name"]: [point[1] for point in package["timelines"][view] if point[0] <= day][-1]
        for package in report["packages"]
    }


def test_the_eleven_then_and_now(ecosystem):
    report = ecosystem.json(ecosystem.names(*ELEVEN))
    assert [package["name"] for package in report["packages"]] == ELEVEN
    assert [view["id"] for view in report["views"]] == VIEWS
    then = groups(report, "published", "2026-02-24")
    assert then == {
        **dict.fromkeys(ELEVEN, "ready"),
        "cython": "fallback",
        "pybind11": "pure",
        "maturin": "pure",
    }
    assert groups(report, "3.14t linux", "2026-02-24") == {**then, "maturin": "ready"}
    assert groups(report, "3.15t linux", "2026-02-24")["numpy"] == "blocked"
    assert groups(report, "3.15t linux")["numpy"] == "ready"
    assert report["totals"]["published"] == {
        "ready": 8,
        "fallback": 1,
        "blocked": 0,
        "pure": 2,
        "unknown": 0,
        "absent": 0,
    }


def test_a_day_asked_for_is_that_day_of_the_longer_history(ecosystem):
    names = ecosystem.names(*ELEVEN)
    whole = ecosystem.json(names)
    then = ecosystem.json(names, as_of="2026-02-24")
    for view in VIEWS:
        assert groups(then, view) == groups(whole, view, "2026-02-24")
        assert then["series"][view] == [
            d for d in whole["series"][view] if d["day"] <= "2026-02-24"
        ]


def test_gains_and_regressions(ecosystem):
    report = ecosystem.json(ecosystem.names("greenlet", "numpy"), "--since", "2025-06-01")
    lost = [c for c in report["regressions"] if c["view"] == "published"]
    assert [(c["package"], c["day"], c["version"]) for c in lost] == [
        ("greenlet", "2025-06-05", "3.2.3")
    ]
    assert lost[0] in report["changes"]
    assert {c["package"] for c in report["changes"] if c["view"] == "published"} == {"greenlet"}
    assert all(c["day"] >= "2025-06-01" for c in report["changes"])


def test_who_blocks_whom(ecosystem):
    names = ecosystem.names("numpy", "scipy", "scikit-learn", "pandas", "pyyaml")
    report = ecosystem.json(names, as_of="2026-02-24")
    packages = {package["name"]: package for package in report["packages"]}
    # What is required is recorded of the newest release only.
    assert packages["scipy"]["requires"] is None
    assert any("require is not known" in note for note in report["notes"])
    report = ecosystem.json(names)
    packages = {package["name"]: package for package in report["packages"]}
    assert packages["scipy"]["requires"] == ["numpy"]
    assert packages["scikit-learn"]["requires"] == ["numpy", "scipy"]
    assert packages["numpy"]["dependents"] == ["pandas", "scikit-learn", "scipy"]
    assert packages["pyyaml"]["dependents"] == []


def add(server, name, tags, day, version="1.0", requires=()):
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    text += "".join(f"Requires-Dist: {one}\n" for one in requires)
    for tag in tags:
        server.add(
            name,
            f"{name}-{version}-{tag}.whl",
            wheel(name, version),
            metadata=text.encode(),
            upload_time=f"{day}T12:00:00Z",
        )


OLD, NEW = "cp313-cp313-manylinux_2_17_x86_64", "cp314-cp314t-manylinux_2_17_x86_64"


def test_blockers_are_those_most_others_need(made, server):
    add(server, "base", [OLD], "2025-01-01")
    add(server, "middle", [OLD], "2025-01-01", requires=["base>=1"])
    add(server, "top", [NEW], "2025-01-01", requires=["middle", "elsewhere", "top"])
    add(server, "other", [NEW], "2025-01-01", requires=["base; extra == 'all'"])
    add(server, "here", [NEW], "2025-01-01", requires=["base; sys_platform == 'win32'"])
    names = made.names("top", "middle", "base", "other", "here")
    report = made.json(names, "--target", "3.14t", "--platform", "linux")
    assert report["blockers"]["3.14t linux"] == [
        {"package": "base", "dependents": ["middle", "top"]},
        {"package": "middle", "dependents": ["top"]},
    ]


def test_how_long_the_wheels_took(made, server):
    for name, day in {"early": "2025-09-07", "late": "2025-10-17", "never": None}.items():
        add(server, name, [OLD], "2025-01-01")
        if day:
            add(server, name, [NEW], day, version="2.0")
    add(server, "younger", [NEW], "2026-01-01")  # it could not have been in time
    add(server, "program", ["py3-none-manylinux_2_17_x86_64"], "2025-01-01")
    add(server, "pure", ["py3-none-any"], "2025-01-01")
    names = made.names("early", "late", "never", "younger", "program", "pure")
    asked = (names, "--target", "3.14t,3.15t", "--platform", "linux")
    now, later = made.json(*asked)["delays"]
    assert (now["python"], now["released"], now["having"], now["of"]) == (
        "3.14",
        "2025-10-07",
        2,
        3,
    )
    assert now["median_days"] == 10
    assert (later["python"], later["having"], later["median_days"]) == ("3.15", 0, None)
    assert [d["python"] for d in made.json(*asked, as_of="2025-12-31")["delays"]] == ["3.14"]
    assert made.json(*asked, as_of="2025-10-10")["delays"][0]["median_days"] is None


def test_declarations(made, server):
    add(server, "spam", [NEW], "2025-01-01")
    names = made.names("spam")
    without = made.json(names, "--target", "3.14t", "--platform", "linux")
    assert without["packages"][0]["keeps_gil_off"] == {}
    report = made.json(names, "--target", "3.14t", "--platform", "linux", "--declarations")
    # No module in it, so none that could switch the GIL on.
    assert report["packages"][0]["keeps_gil_off"] == {"3.14t linux": True}
    done = made(names, "--target", "3.14t", "--platform", "linux", "--declarations")
    assert "1 of 1" in done.stdout


def test_terminal(ecosystem):
    done = ecosystem(ecosystem.names(*ELEVEN), as_of="2026-02-24")
    assert done.returncode == 0
    assert done.stderr == ""
    first = done.stdout.splitlines()[0]
    assert first == (
        "names on 2026-02-24: 8 of 9 compiled packages have free-threaded wheels (89 %)"
    )
    assert "⡇" in done.stdout  # the plot
    assert "sqlalchemy: pure fallback → ready (2.0.47) [3.14t windows]" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_a_terminal_without_unicode(ecosystem):
    ecosystem.environment["PYTHONIOENCODING"] = "ascii"
    done = ecosystem(ecosystem.names("numpy"))
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "\\u28" not in done.stdout  # no escaped plot


def test_csv(ecosystem):
    done = ecosystem(ecosystem.names("numpy", "cython"), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 2 * len(VIEWS)
    assert rows[0]["package"] == "numpy"
    assert (rows[0]["rank"], rows[0]["group"], rows[0]["since"]) == ("1", "ready", "2024-08-18")
    by_view = {row["view"]: row for row in rows if row["package"] == "numpy"}
    assert by_view["3.14t linux"]["first_version"] == "2.3.2"


def test_every_day_as_csv(ecosystem):
    done = ecosystem(ecosystem.names("numpy", "greenlet"), "--format", "csv-days")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    published = {row["day"]: row for row in rows if row["view"] == "published"}
    assert len(published) == 846  # from 2024-08-01 to 2026-11-24
    assert (published["2024-08-17"]["ready"], published["2024-08-18"]["ready"]) == ("0", "1")
    assert [published[f"2025-06-0{n}"]["ready"] for n in (4, 5)] == ["2", "1"]


def test_json_and_page_are_read_back(ecosystem):
    names = ecosystem.names("numpy", "greenlet", "sqlalchemy")
    ecosystem(names, "--format", "json", "--output", "then.json", as_of="2025-12-01")
    ecosystem(names, "--format", "html", "--output", "then.html", as_of="2025-12-01")
    names = ecosystem.names("numpy", "sqlalchemy", "cffi")
    reports = [ecosystem.json(names, "--previous", f"then.{kind}") for kind in ("json", "html")]
    previous = reports[0]["previous"]
    assert previous == reports[1]["previous"]
    assert (previous["as_of"], previous["entered"], previous["left"]) == (
        "2025-12-01",
        ["cffi"],
        ["greenlet"],
    )
    assert {
        (c["package"], c["before"], c["after"])
        for c in previous["changes"]
        if c["view"] == "published"
    } == {("sqlalchemy", "fallback", "ready")}
    shown = ecosystem(names, "--previous", "then.json").stdout
    assert "Changed since the report of 2025-12-01" in shown
    assert "+ cffi: new in the list" in shown


def test_who_could_not_be_asked_has_not_changed(made, server):
    add(server, "spam", [NEW], "2025-01-01")
    add(server, "eggs", [OLD], "2025-01-01")
    names = made.names("spam", "eggs")
    made(names, "--format", "json", "--output", "then.json", as_of="2026-01-01")
    add(server, "eggs", [NEW], "2026-02-01", version="2.0")
    server.fail("/simple/spam/", "403")
    now = made.json(names, "--previous", "then.json", "--refresh")["previous"]
    changed = {(c["package"], c["after"]) for c in now["changes"]}
    assert changed == {("eggs", "ready")}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no report"),
        (b"<html></html>", "holds no report"),
        (b"{}", "is no report"),
        (b'{"schema_version": 99}', "version 99"),
        (b'{"schema_version": 1, "packages": 3}', "is no report"),
        (b'{"schema_version": 1', "is no report"),
        (b"[" * 100_000, "holds no report"),
        (b'{"schema_version": ' + b"[" * 100_000, "is no report"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_an_earlier_report_that_is_none(ecosystem, content, says):
    (ecosystem.folder / "then").write_bytes(content)
    done = ecosystem(ecosystem.names("numpy"), "--previous", "then")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert says in line


def test_what_is_not_found_is_unknown_and_told(made, server):
    add(server, "spam", [NEW], "2025-01-01")
    server.add("broken", "broken-1.0-py3-none-any.whl")
    server.fail("/simple/broken/", "half-json")
    done = made(made.names("spam", "nowhere", "broken"), "--format", "json")
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert line.startswith("ungil: not known: nowhere: there is no project")
    assert line.endswith("(and 1 more)")
    packages = {p["name"]: p for p in json.loads(done.stdout)["packages"]}
    assert packages["spam"]["problem"] == ""
    assert "there is no project" in packages["nowhere"]["problem"]
    assert "broken or cut short" in packages["broken"]["problem"]
    assert packages["nowhere"]["timelines"]["published"][0][1:3] == ["unknown", "not-answered"]
    text = made("names").stdout
    assert "Not known (2)" in text
    assert "1 of 1 compiled" in text


def test_a_server_that_is_not_there(made):
    made.index[1] = "http://127.0.0.1:9/simple/"
    done = made(made.names("spam", "eggs"))
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert "the connection was refused" in line
    assert "0 of 0 compiled" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(ecosystem):
    done = ecosystem(ecosystem.names("numpy"), "--format", "html", "--output", "/dev/full")
    assert done.returncode == 2
    assert "No space left" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_an_index_without_dates(made, server):
    add(server, "spam", [NEW], "2025-01-01")
    server.serves_html = True
    done = made(made.names("spam"))
    assert done.returncode == 3
    assert "does not say when" in done.stdout


MANY = [f"spam{n}" for n in range(60)]


def stock(server):
    for name in MANY:
        add(server, name, [NEW], "2025-01-01")


def test_many_names_are_not_looked_up_unasked(made, server):
    stock(server)
    names = made.names(*MANY)
    done = made(names, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr == "ungil: 60 names are to be looked up; say --yes if that is meant\n"
    assert server.total == 0
    assert made(names, "--yes").returncode == 0
    asked = {path for path in server.requests if path.startswith("/simple/")}
    assert asked == {f"/simple/{name}/" for name in MANY}
    server.requests.clear()
    assert made(names, "--offline", stdin=subprocess.DEVNULL).returncode == 0
    assert server.total == 0


def typed(verb, *arguments, answer):
    """Run on a terminal of its own and type an answer; what it showed and its status."""
    ours, theirs = pty.openpty()
    command = [*verb.command, *arguments, "--as-of", AS_OF, *verb.index]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=verb.folder, env=verb.environment
    )
    os.close(theirs)
    shown = b""
    try:
        while b"[y/N]" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, answer)
        while chunk := os.read(ours, 1024):
            shown += chunk
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    return shown.decode(), process.wait(60)


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"n\n", 2), (b"\n", 2)])
def test_a_person_is_asked(made, server, answer, status):
    stock(server)
    shown, code = typed(made, made.names(*MANY), "--format", "csv", answer=answer)
    assert "Look up 60 names on the package index? [y/N]" in shown
    assert code == status
    assert ("spam59" in shown) == (status == 0)
    assert (server.total > 0) == (status == 0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_goes_on_where_it_was(made, server, how):
    stock(server)
    server.cache_control = "max-age=600"
    names = made.names(*MANY)
    server.fail("/simple/spam5", "hang")  # spam5 and spam50 to spam59
    process = subprocess.Popen(
        [*made.command, names, "--yes", "--as-of", AS_OF, "--output", "report", *made.index],
        cwd=made.folder,
        env=made.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(server.requests) < 2 * 49 + 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(how)
    server.heal()
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    if how == signal.SIGINT:
        assert "the same command goes on from there" in stderr
        assert "Traceback" not in stderr
    assert not (made.folder / "report").exists()
    before = {path for path in server.requests if path.startswith("/simple/")}
    server.requests.clear()
    assert made(names, "--yes", "--output", "report").returncode == 0
    again = {path for path in server.requests if path.startswith("/simple/")}
    assert {path for path in before if not path.startswith("/simple/spam5")}.isdisjoint(again)
    assert again == {f"/simple/{name}/" for name in MANY if name.startswith("spam5")}


def test_a_rate_limit_is_waited_out(made, server):
    stock(server)
    server.fail("/simple/", "429", times=20, headers={"Retry-After": "1"})
    done = made(made.names(*MANY), "--yes")
    assert done.returncode == 0
    assert "asks to be left alone for 1 s" in done.stderr


def test_progress_is_shown_on_a_terminal(made, server):
    names = [f"spam{n}" for n in range(200)]
    for name in names:
        add(server, name, [NEW], "2025-01-01")
    server.fail("/simple/", "slow")
    server.fail("/files/", "slow")
    ours, theirs = pty.openpty()
    command = [*made.command, made.names(*names), "--yes", "--output", "report", *made.index]
    done = subprocess.Popen(command, cwd=made.folder, env=made.environment, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass
    os.close(ours)
    assert done.wait(60) == 0
    assert b"asking the index" in shown
    assert b"/200" in shown


def test_top(ecosystem):
    rows = [{"project": name, "download_count": 9} for name in ("NumPy", "greenlet", "cffi")]
    (ecosystem.folder / "top.json").write_text(json.dumps({"rows": rows}))
    report = ecosystem.json("top:2", "--top-list", "top.json")
    assert [p["name"] for p in report["packages"]] == ["numpy", "greenlet"]
    assert report["source"] == "top:2"
    ecosystem.environment["UNGIL_TOP_LIST"] = "top.json"
    assert len(ecosystem.json("top:3")["packages"]) == 3
    done = ecosystem("top:4")
    assert done.returncode == 2
    assert "has only 3 packages" in done.stderr


def test_top_from_an_address(made, server):
    add(server, "spam", [NEW], "2025-01-01")
    server.documents["/top.json"] = json.dumps({"rows": [{"project": "spam"}]}).encode()
    report = made.json("top:1", "--top-list", f"{server.root}/top.json")
    assert [p["name"] for p in report["packages"]] == ["spam"]
    done = made("top:1", "--top-list", f"{server.root}/nowhere.json")
    assert done.returncode == 3
    assert "the list of the most downloaded packages" in done.stderr


def test_lists(ecosystem):
    folder = ecosystem.folder
    (folder / "requirements.txt").write_text("numpy>=2\ncffi==2.0.0 ; python_version > '3'\n")
    (folder / "data.json").write_text(json.dumps({"data": [{"name": "tomli"}]}))
    (folder / "plain.list").write_text("# two\nPyYAML  # yes\n\nnumpy\nnumpy\n")
    listed = {
        name: [p["name"] for p in ecosystem.json(name)["packages"]]
        for name in ("requirements.txt", "data.json", "plain.list", "numpy")
    }
    assert listed == {
        "requirements.txt": ["numpy", "cffi"],
        "data.json": ["tomli"],
        "plain.list": ["pyyaml", "numpy"],
        "numpy": ["numpy"],
    }
    ecosystem(*["plain.list", "--format", "json", "--output", "report.json"])
    assert [p["name"] for p in ecosystem.json("report.json")["packages"]] == ["pyyaml", "numpy"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("names", b"", "names no package"),
        ("names", b"\xff", "is not UTF-8"),
        ("names", b"spam\x00eggs", "is no name"),
        ("names", b"../../etc/passwd", "is no name"),
        ("names", b"x" * 100_000, "is no name"),
        ("names.json", b"[]", "is no list"),
        ("names.json", b"{}", "has no rows"),
        ("names.json", b'{"rows": [{"project": "<b>"}]}', "is no name"),
        ("names.json", b"[" * 200_000, "is no list"),
        ("names.json", b'{"rows": 3}', "is no list"),
    ],
)
def test_a_list_that_is_none(ecosystem, name, content, says):
    (ecosystem.folder / name).write_bytes(content)
    done = ecosystem(name)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert says in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.txt"], "no such file"),
        (["top:none"], "write e.g. top:360"),
        (["top:0"], "write e.g. top:360"),
        (["numpy", "--target", "3.9t"], "no free-threaded build"),
        (["numpy", "--platform", "amiga"], "no platform"),
        (["numpy", "--since", "2026-11-25"], "future"),
        (["numpy", "--since", "soon"], "is no date"),
        (["--badge", "numpy", "names"], "no list beside it"),
        (["--badge", "many"], "one package, and not 2"),
        (["numpy", "--previous", "nowhere"], "cannot be read"),
        (["numpy", "--output", "no/such/folder"], "cannot write"),
    ],
)
def test_wrong_use(ecosystem, arguments, says):
    if says == "future":
        arguments = [*arguments[:-1], "2999-01-01"]
    (ecosystem.folder / "many").write_text("numpy\ncffi\n")
    done = ecosystem(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert says in done.stderr.splitlines()[-1]


def test_since_after_the_day(ecosystem):
    done = ecosystem("numpy", "--since", "2026-03-01", as_of="2026-02-24")
    assert done.returncode == 2
    assert "is after 2026-02-24" in done.stderr


@pytest.mark.parametrize(
    ("package", "as_of", "value"),
    [
        ("numpy", AS_OF, "3.14t 3.15t"),
        ("numpy", "2026-02-24", "3.14t"),
        ("numpy", "2024-08-10", "not yet"),
        ("pybind11", AS_OF, "pure Python"),
        ("cython", "2026-02-24", "pure fallback"),
        ("pglast", "2026-02-24", "unknown"),
    ],
)
def test_badge(ecosystem, package, as_of, value):
    done = ecosystem("--badge", package, as_of=as_of)
    assert done.returncode == 0, done.stderr
    picture = ET.fromstring(done.stdout)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    said = f"{package}: free-threaded {value} ({as_of})"
    assert picture.get("aria-label") == said
    assert picture[0].text == said
    assert any(text.text == value for text in picture.iter("{http://www.w3.org/2000/svg}text"))


def test_a_badge_says_no_more_than_holds_everywhere(made, server):
    add(server, "spam", [NEW], "2025-01-01")
    done = made("--badge", "spam", "--target", "3.14t", "--output", "badge.svg")
    assert done.returncode == 0
    assert done.stdout == ""
    assert "3.14t partly" in (made.folder / "badge.svg").read_text()
    done = made("--badge", "nowhere")
    assert done.returncode == 3
    assert "free-threaded unknown" in done.stdout
