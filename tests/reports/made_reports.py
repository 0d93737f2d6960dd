"""Reports to render: one that a person could have got, and any at all."""

from hypothesis import strategies as st

from ungil.findings import (
    Evidence,
    Excerpt,
    Finding,
    Import,
    Line,
    Location,
    Module,
    Report,
    Rule,
    Severity,
    Step,
    Verdict,
)

LINUX = "x86_64-unknown-linux-gnu"
MACOS = "aarch64-apple-darwin"
WINDOWS = "x86_64-pc-windows-msvc"


class PagedRule(Rule):
    """A rule whose page does not depend on the pages that are in the package."""

    def page(self):
        return f"# {self.name} ({self.code})\n\nWhat, why, how to fix.\n"


WHEEL = PagedRule("UG100", "free-threaded-wheel", Severity.NOTE, "A free-threaded wheel fits")
ABI3_ONLY = PagedRule("UG104", "abi3-only", Severity.ERROR, "Only abi3 wheels")
SOURCE_ONLY = PagedRule("UG105", "source-only", Severity.WARNING, "It gets built")
FALLBACK = PagedRule("UG106", "pure-fallback", Severity.WARNING, "Pure Python replaces compiled")
PURE = PagedRule("UG110", "pure-python", Severity.NOTE, "Fits every Python")
NOT_INDEXED = PagedRule("UG121", "not-indexed", Severity.UNKNOWN, "A VCS requirement")
UNUSED = PagedRule("UG131", "ignore-unused", Severity.NOTE, "An ignore matches nothing")
SWITCHED = PagedRule("UG300", "gil-switched-on", Severity.WARNING, "An import switched it on")
LOST = PagedRule("UG401", "lost-update", Severity.ERROR, "One of two updates is lost")
HANDED_OVER = PagedRule("UG408", "unordered-publication", Severity.NOTE, "It is handed over")
RULES = (
    *(WHEEL, ABI3_ONLY, SOURCE_ONLY, FALLBACK, PURE, NOT_INDEXED, UNUSED, SWITCHED),
    *(LOST, HANDED_OVER),
)


def verdicts(name, version, case, places, **answers):
    return [Verdict(name, version, t, p, case, **answers) for t, p in places]


def module(name, declaration="not_used", **fields):
    given = {
        "path": f"{name.replace('.', '/')}.so",
        "machine": "x86_64",
        "explicit": True,
        "initialisation": "multi-phase",
        "toolchain": "Cython",
        "found_by": "code",
        "reason": f"its slot says {declaration}",
    }
    return Module(name=name, declaration=declaration, **{**given, **fields})


def example(targets=("3.14t", "3.15t"), platforms=(LINUX,)):
    """A blocker, an unknown, a warning, an ignored one, and what is fine."""
    places = [(t, p) for t in targets for p in platforms]
    found = [
        *verdicts("attrs", "25.3.0", PURE, places, installs=True, keeps_gil_off=True),
        *verdicts("idna", "3.10", PURE, places, installs=True, keeps_gil_off=True),
        *verdicts(
            "numpy",
            "2.3.4",
            WHEEL,
            places,
            installs=True,
            keeps_gil_off=True,
            claims_support=True,
            claim="3 - Stable",
            evidence=Evidence.DECLARATION,
            direct=True,
            modules=(module("numpy._core._multiarray_umath"), module("numpy.random._pcg64")),
        ),
        *verdicts(
            "grpcio",
            "1.72.1",
            WHEEL,
            places,
            installs=True,
            keeps_gil_off=False,
            modules=(module("grpc._cython.cygrpc", "used"),),
        ),
        *verdicts("lxml", "5.1.0", ABI3_ONLY, places, installs=False, evidence=Evidence.TAG),
        *verdicts("orjson", "3.10.18", SOURCE_ONLY, places, installs=False),
        *verdicts("pyyaml", "6.0.2", FALLBACK, places, installs=True),
        *verdicts("our-lib", None, NOT_INDEXED, places, reason="It comes from Git."),
    ]
    said = []
    for target, platform in places:
        on = {"target": target, "platform": platform}
        said += [
            Finding(NOT_INDEXED, "our-lib", "It comes from Git.", "Publish it.", **on),
            Finding(
                ABI3_ONLY,
                "lxml 5.1.0",
                "Only abi3 wheels were published.",
                "Upgrade to lxml 6.0.0.",
                Location("requirements.txt", 12),
                Evidence.TAG,
                **on,
            ),
            Finding(FALLBACK, "pyyaml 6.0.2", "Compiled code is replaced.", **on),
            Finding(SOURCE_ONLY, "orjson 3.10.18", "It gets built.", ignored="we can", **on),
        ]
    return Report(
        "check",
        "requirements.txt",
        tuple(targets),
        tuple(platforms),
        tuple(found),
        tuple(said),
        notes=("Extras were not looked at.",),
        created="2026-01-02T03:04:05Z",
    )


def run():
    """Of `ungil run`: a story, and a tree of imports."""
    etree = Import("lxml.etree", "lxml 6.1.3", module("lxml.etree", "used"), 0.12)
    steps = (
        Step("in main imports shop.models", Location("app.py", 12)),
        Step("imports lxml.etree", Location("shop/models.py", 3)),
    )
    switched = Finding(
        SWITCHED,
        "lxml 6.1.3",
        "Importing lxml.etree switched the GIL on.",
        location=Location("shop/models.py", 3),
        steps=steps,
    )
    tree = Import("app.py", imports=(Import("shop.models", imports=(etree,)),))
    return Report("run", "app.py", findings=(switched,), imports=(tree,))


def race():
    """Of `ungil race`: two sides with their sources and calls, and information."""
    first = Excerpt(
        "Thread-1 reads self.n, then writes it in Counter.add",
        Location("app/count.py", 7),
        (
            Line(6, "def add(self):"),
            Line(7, "    self.n = self.n + 1", marked=True),
        ),
        (Step("in main", Location("app/main.py", 20)),),
        "Counter.add",
    )
    second = Excerpt(
        "Thread-2 writes self.n in Counter.reset",
        Location("app/count.py", 10),
        (
            Line(9, "def reset(self):"),
            Line(10, "    self.n = 0", marked=True),
        ),
        function="Counter.reset",
    )
    steps = (
        Step(first.title, first.location),
        *first.calls,
        Step(second.title, second.location),
    )
    lost = Finding(
        LOST,
        "Counter.n",
        "What Thread-2 writes is lost.",
        "Hold one lock.",
        first.location,
        steps=steps,
        sides=(first, second),
        count=3,
    )
    told = [
        Finding(HANDED_OVER, f"Job.{name}", "It is handed over.", location=Location("a.py", 1))
        for name in ("done", "result")
    ]
    return Report(
        "race",
        "app.py",
        findings=(lost, *told),
        notes=("Watched: 2 modules of app. Not watched: requests.",),
        created="2026-01-02T03:04:05Z",
    )


HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J",
    "[bold red]not markup[/]",
    "[/]",
    "a|b`c`**d**<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "100%\r\n::error::forged",
    "file.txt,line=1::x",
    "@everyone and #1",
    "{0} ${body} $title",
    "\u202egnp.exe",
    "\udcff\ud800",
    "名前" * 30,
    "🏳️‍🌈👩‍👩‍👧‍👦é",
    "x" * 300,
    "",
    "\\",
    "\x7f\x85\u2028",
)
texts = st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=40)
answers = st.sampled_from((True, False, None))
evidence = st.none() | st.sampled_from(Evidence)
maybe = st.none() | texts


modules = st.builds(
    Module,
    path=texts,
    name=texts,
    machine=texts,
    declaration=st.sampled_from(("not_used", "used", "run_time", "unknown")) | texts,
    explicit=st.booleans(),
    initialisation=texts,
    toolchain=maybe,
    found_by=texts,
    reason=texts,
)

locations = st.none() | st.builds(Location, texts, st.none() | st.integers(1, 10**6))
steps = st.builds(Step, texts, locations)
excerpts = st.builds(
    Excerpt,
    texts,
    locations.filter(bool),
    st.lists(st.builds(Line, st.integers(1, 10**5), texts, st.booleans()), max_size=3).map(tuple),
    st.lists(steps, max_size=2).map(tuple),
    texts,
)
imports = st.recursive(
    st.builds(Import, texts, texts, st.none() | modules, st.none() | st.floats(0, 1e6)),
    lambda inner: st.builds(Import, texts, imports=st.lists(inner, max_size=2).map(tuple)),
    max_leaves=4,
)


@st.composite
def reports(draw):
    targets = draw(st.lists(st.sampled_from(("3.13t", "3.14t", "3.15t", "3.14")), unique=True))
    platforms = draw(
        st.lists(st.sampled_from((LINUX, MACOS, WINDOWS, "aarch64-manylinux_2_28")), unique=True)
    )
    places = st.sampled_from([(t, p) for t in targets for p in platforms] or [("3.14t", LINUX)])
    found = []
    for _ in range(draw(st.integers(0, 8))):
        target, platform = draw(places)
        found.append(
            Verdict(
                draw(texts),
                draw(maybe),
                target,
                platform,
                draw(st.sampled_from(RULES)),
                draw(answers),
                draw(answers),
                draw(answers),
                *draw(st.tuples(maybe, evidence, maybe, maybe, maybe, maybe, texts, answers)),
                tuple(draw(st.lists(modules, max_size=2))),
            )
        )
    said = []
    for _ in range(draw(st.integers(0, 5))):
        target, platform = draw(places | st.just((None, None)))
        said.append(
            Finding(
                draw(st.sampled_from(RULES)),
                *draw(st.tuples(texts, texts, texts)),
                draw(locations),
                draw(evidence),
                target,
                platform,
                draw(maybe),
                tuple(draw(st.lists(steps, max_size=2))),
                tuple(draw(st.lists(excerpts, max_size=3))),
                draw(st.integers(0, 9)),
            )
        )
    return Report(
        draw(st.sampled_from(("check", "race"))),
        draw(texts),
        tuple(targets),
        tuple(platforms),
        tuple(found),
        tuple(said),
        draw(st.none() | st.just("2026-01-01")),
        tuple(draw(st.lists(texts, max_size=2))),
        "2026-01-02T03:04:05Z",
        tuple(draw(st.lists(imports, max_size=2))),
    )


def large():
    """300 distributions on two targets and three platforms, one in ten a blocker."""
    targets, platforms = ("3.14t", "3.15t"), (LINUX, MACOS, WINDOWS)
    places = [(t, p) for t in targets for p in platforms]
    found, said = [], []
    for number in range(300):
        case = ABI3_ONLY if number % 10 == 0 else WHEEL
        name = f"distribution-{number}"
        found += verdicts(name, "1.0", case, places, installs=case is WHEEL, keeps_gil_off=True)
        if case is ABI3_ONLY:
            said += [Finding(case, name, "It blocks.", target=t, platform=p) for t, p in places]
    return Report("check", "uv.lock", targets, platforms, tuple(found), tuple(said))
