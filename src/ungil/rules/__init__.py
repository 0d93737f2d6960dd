"""Every rule ungil can report, by code.

A code never changes its meaning and is never used again for another. The page
of each rule stands beside this file and is what `ungil explain` prints; the
documentation site shows the same text.

Numbering: UG10x and UG11x say how a distribution stands on a target, UG12x
say what could not be found out for sure, UG13x are about ungil's configuration.
UG20x and UG21x say what sources declare, UG22x what a build makes of them,
UG23x what porting them has to look at, UG24x what could not be read of them.
UG30x say what was seen of the GIL while a program ran, UG40x and UG41x what was seen
of its threads. UG50x say what measuring has shown beside times, UG51x why work does not scale.
"""

from __future__ import annotations

from ungil.findings import Rule, Severity

FREE_THREADED_WHEEL = Rule(
    "UG100", "free-threaded-wheel", Severity.NOTE, "A wheel built for the free-threaded ABI fits"
)
NOTHING_FITS = Rule(
    "UG101", "nothing-fits", Severity.ERROR, "No wheel fits the target and there is no source"
)
PYTHON_EXCLUDED = Rule(
    "UG102", "python-excluded", Severity.ERROR, "Requires-Python excludes the target"
)
WRONG_PLATFORM = Rule(
    "UG103",
    "wrong-platform",
    Severity.ERROR,
    "Free-threaded wheels exist, but for other platforms only",
)
ABI3_ONLY = Rule(
    "UG104", "abi3-only", Severity.ERROR, "Only abi3 wheels, which no free-threaded build takes"
)
SOURCE_ONLY = Rule(
    "UG105", "source-only", Severity.WARNING, "Only the source distribution fits: it gets built"
)
PURE_FALLBACK = Rule(
    "UG106",
    "pure-fallback",
    Severity.WARNING,
    "A pure-Python wheel silently replaces the compiled one",
)
OLDER_CHOSEN = Rule(
    "UG107",
    "older-chosen",
    Severity.WARNING,
    "An older version is silently chosen because newer ones do not fit",
)
YANKED = Rule("UG108", "yanked", Severity.WARNING, "The pinned version was yanked")
IMPOSSIBLE_TAG = Rule(
    "UG109", "impossible-tag", Severity.ERROR, "The wheel's tag fits no Python that exists"
)
PURE_PYTHON = Rule("UG110", "pure-python", Severity.NOTE, "A pure-Python wheel fits every Python")
NO_PYTHON_ABI = Rule(
    "UG111",
    "no-python-abi",
    Severity.NOTE,
    "A platform wheel without a Python ABI fits (a program, or a library for ctypes)",
)
GIL_ENABLED_WHEEL = Rule(
    "UG112", "gil-enabled-wheel", Severity.NOTE, "A wheel fits the GIL-enabled target"
)
STALE_LOCK = Rule(
    "UG113", "stale-lock", Severity.WARNING, "The index has a fitting wheel the lock does not list"
)
HASH_MISMATCH = Rule(
    "UG114", "hash-mismatch", Severity.ERROR, "The index serves other bytes than the lock allows"
)
SWITCHES_GIL_ON = Rule(
    "UG115", "switches-gil-on", Severity.ERROR, "It installs, but importing it switches the GIL on"
)
DECLARED_AT_RUN_TIME = Rule(
    "UG116",
    "declared-at-run-time",
    Severity.WARNING,
    "Code decides at import whether the GIL stays off",
)
UNDECLARED_SINGLE_PHASE = Rule(
    "UG117",
    "undeclared-single-phase",
    Severity.ERROR,
    "A single-phase module that says nothing switches the GIL on",
)
TAG_WITHOUT_DECLARATION = Rule(
    "UG118",
    "tag-without-declaration",
    Severity.ERROR,
    "Your wheel's tag says free-threaded, but a module in it switches the GIL on",
)
REFUSED_ARCHIVE = Rule(
    "UG119", "refused-archive", Severity.ERROR, "The wheel is damaged, or built to do harm"
)
UNKNOWN_NAME = Rule("UG120", "unknown-name", Severity.UNKNOWN, "The index has no such project")
NOT_INDEXED = Rule(
    "UG121", "not-indexed", Severity.UNKNOWN, "A VCS, URL, path or editable requirement"
)
INDEX_UNAVAILABLE = Rule(
    "UG122", "index-unavailable", Severity.UNKNOWN, "The index gave no usable answer"
)
UNKNOWN_VERSION = Rule(
    "UG123", "unknown-version", Severity.UNKNOWN, "The index has the project, but not this version"
)
UNRESOLVABLE = Rule(
    "UG124", "unresolvable", Severity.UNKNOWN, "No set of versions satisfies the requirements"
)
UNREADABLE_WHEEL = Rule("UG125", "unreadable-wheel", Severity.UNKNOWN, "The wheel cannot be read")
DEPENDENCIES_UNKNOWN = Rule(
    "UG126",
    "dependencies-unknown",
    Severity.UNKNOWN,
    "What it depends on is known only after a build",
)
UNKNOWN_DECLARATION = Rule(
    "UG127",
    "unknown-declaration",
    Severity.UNKNOWN,
    "What a module declares about the GIL could not be read",
)
READING_DISAGREES = Rule(
    "UG128",
    "reading-disagrees",
    Severity.ERROR,
    "Importing a module shows something else than reading it",
)
IGNORE_EXPIRED = Rule("UG130", "ignore-expired", Severity.WARNING, "An ignore is past its date")
IGNORE_UNUSED = Rule("UG131", "ignore-unused", Severity.NOTE, "An ignore matches nothing")

C_UNDECLARED = Rule(
    "UG200", "c-undeclared", Severity.WARNING, "A C module does not declare Py_MOD_GIL_NOT_USED"
)
CYTHON_UNDECLARED = Rule(
    "UG201",
    "cython-undeclared",
    Severity.WARNING,
    "A Cython module is not compiled with freethreading_compatible",
)
PYBIND11_UNDECLARED = Rule(
    "UG202",
    "pybind11-undeclared",
    Severity.WARNING,
    "A pybind11 module does not say mod_gil_not_used",
)
NANOBIND_UNDECLARED = Rule(
    "UG203",
    "nanobind-undeclared",
    Severity.WARNING,
    "A nanobind module is not built with FREE_THREADED",
)
PYO3_UNDECLARED = Rule(
    "UG204", "pyo3-undeclared", Severity.WARNING, "A PyO3 module does not say gil_used = false"
)
F2PY_UNDECLARED = Rule(
    "UG205",
    "f2py-undeclared",
    Severity.WARNING,
    "An f2py module is not made with --freethreading-compatible",
)
SWIG_UNDECLARED = Rule(
    "UG206", "swig-undeclared", Severity.WARNING, "A SWIG module is not made with -nogil"
)
MYPYC_UNDECLARED = Rule(
    "UG207",
    "mypyc-undeclared",
    Severity.WARNING,
    "The version of mypyc is too old to declare anything",
)
CFFI_UNDECLARED = Rule(
    "UG208",
    "cffi-undeclared",
    Severity.WARNING,
    "The version of cffi is too old to declare anything",
)
BOOST_PYTHON_UNDECLARED = Rule(
    "UG209",
    "boost-python-undeclared",
    Severity.WARNING,
    "A Boost.Python module does not say mod_gil_not_used",
)
GIL_USED = Rule("UG210", "gil-used", Severity.WARNING, "A module declares that it needs the GIL")
DECLARED_TOO_LATE = Rule(
    "UG211",
    "declared-too-late",
    Severity.WARNING,
    "PyUnstable_Module_SetGIL is called where the interpreter has already looked",
)
NO_FREE_THREADED_BUILD = Rule(
    "UG220",
    "no-free-threaded-build",
    Severity.WARNING,
    "The build configuration makes no free-threaded wheels",
)
LIMITED_API_BUILD = Rule(
    "UG221",
    "limited-api-build",
    Severity.WARNING,
    "The build asks for the limited API, which 3.14t does not have",
)
BORROWED_REFERENCE = Rule(
    "UG230",
    "borrowed-reference",
    Severity.WARNING,
    "A borrowed reference out of a container that may be shared",
)
UNLOCKED_DICT_ITERATION = Rule(
    "UG231",
    "unlocked-dict-iteration",
    Severity.WARNING,
    "PyDict_Next without a critical section",
)
UNLOCKED_FAST_SEQUENCE = Rule(
    "UG232",
    "unlocked-fast-sequence",
    Severity.WARNING,
    "The macros of PySequence_Fast on a list that may be shared",
)
MUTABLE_STATIC_STATE = Rule(
    "UG233",
    "mutable-static-state",
    Severity.WARNING,
    "A static variable is written without a lock",
)
BORROWED_WEAKREF = Rule(
    "UG234", "borrowed-weakref", Severity.WARNING, "A borrowed reference out of a weak reference"
)
IMPORT_ADD_MODULE = Rule(
    "UG235", "import-add-module", Severity.WARNING, "A borrowed reference to a module"
)
SOURCES_NOT_READ = Rule(
    "UG240", "sources-not-read", Severity.UNKNOWN, "Sources were not read: a parser is missing"
)
SOURCE_UNREADABLE = Rule("UG241", "source-unreadable", Severity.UNKNOWN, "A source cannot be read")
DECLARATION_UNKNOWN = Rule(
    "UG242",
    "undecided-in-source",
    Severity.UNKNOWN,
    "What a module's sources declare could not be found out",
)
GIL_SWITCHED_ON = Rule(
    "UG300",
    "gil-switched-on",
    Severity.ERROR,
    "An import switched the GIL on while the program ran",
)
WOULD_SWITCH_GIL_ON = Rule(
    "UG301",
    "would-switch-gil-on",
    Severity.ERROR,
    "A module that was imported would switch the GIL on if it were off",
)
SWITCH_UNKNOWN = Rule(
    "UG302",
    "switch-unknown",
    Severity.UNKNOWN,
    "Whether a module that was imported switches the GIL on is not known",
)
GIL_ON_UNSEEN = Rule(
    "UG303",
    "gil-on-unseen",
    Severity.ERROR,
    "The GIL was on, and nothing was seen to switch it on",
)
GIL_FORCED = Rule(
    "UG304",
    "gil-forced",
    Severity.WARNING,
    "PYTHON_GIL or -X gil decided about the GIL, whatever was imported",
)
NOT_WATCHED = Rule(
    "UG305", "not-watched", Severity.UNKNOWN, "The program, or part of it, was not watched"
)
LOST_UPDATE = Rule(
    "UG401", "lost-update", Severity.ERROR, "A value is read and written back, and one is lost"
)
CHECK_THEN_ACT = Rule(
    "UG402",
    "check-then-act",
    Severity.ERROR,
    "What was checked may no longer be true when it is acted on",
)
DOUBLE_INITIALISATION = Rule(
    "UG403",
    "double-initialisation",
    Severity.ERROR,
    "Two threads may both make what should be made once",
)
TORN_READ = Rule(
    "UG404",
    "torn-read",
    Severity.WARNING,
    "Values that are changed together may be read half changed",
)
MUTATED_WHILE_ITERATED = Rule(
    "UG405",
    "mutated-while-iterated",
    Severity.ERROR,
    "A container changes while another thread goes through it",
)
SHARED_ITERATOR = Rule(
    "UG406", "shared-iterator", Severity.ERROR, "Two threads take from one iterator or generator"
)
UNORDERED_WRITES = Rule(
    "UG407",
    "unordered-writes",
    Severity.WARNING,
    "Two threads write one place, and chance decides what stays",
)
UNORDERED_PUBLICATION = Rule(
    "UG408",
    "unordered-publication",
    Severity.NOTE,
    "A value is handed to another thread without anything that orders it",
)
LOCK_ORDER_INVERSION = Rule(
    "UG409",
    "lock-order-inversion",
    Severity.ERROR,
    "Locks are taken in orders that can end in a deadlock",
)
LOCK_HELD_WHILE_BLOCKING = Rule(
    "UG410",
    "lock-held-while-blocking",
    Severity.NOTE,
    "A thread waits for something else while it holds a lock",
)
PARTLY_WATCHED = Rule(
    "UG411", "partly-watched", Severity.NOTE, "Code ran whose races could not be seen"
)
NOTHING_WATCHED = Rule(
    "UG412", "nothing-watched", Severity.UNKNOWN, "No code ran whose races could be seen"
)
SCHEDULE_FAILS = Rule(
    "UG420", "schedule-fails", Severity.ERROR, "A test fails in a schedule that can be replayed"
)
STRESS_FAILS = Rule(
    "UG421",
    "stress-fails",
    Severity.ERROR,
    "A test fails in plain threads, in a way that no schedule shows",
)
RESULTS_DIFFER = Rule(
    "UG501",
    "results-differ",
    Severity.ERROR,
    "The results in parallel are not those in serial",
)
WAITS_FOR_GIL = Rule(
    "UG510", "waits-for-gil", Severity.WARNING, "Threads wait for each other, as the GIL is on"
)
SHARED_OBJECT = Rule(
    "UG511",
    "shared-object",
    Severity.WARNING,
    "All threads use one object, and its reference count is fought over",
)
SHARED_CONTAINER = Rule(
    "UG512", "shared-container", Severity.WARNING, "All threads change one container"
)
CONTENDED_LOCK = Rule(
    "UG513", "contended-lock", Severity.WARNING, "Threads wait for a lock that others hold"
)
SERIALISED_BY_LOCK = Rule(
    "UG514",
    "serialised-by-lock",
    Severity.WARNING,
    "A lock is held for nearly all of the work, so one thread works at a time",
)
IMBALANCE = Rule(
    "UG515", "imbalance", Severity.WARNING, "Threads have nothing left to do while one still works"
)
TINY_GRAINS = Rule(
    "UG516", "tiny-grains", Severity.WARNING, "A task is less work than sending it to a thread"
)
GC_PAUSES = Rule(
    "UG517", "gc-pauses", Severity.WARNING, "All threads wait for the garbage collector"
)
WAITS_FOR_IO = Rule(
    "UG518", "waits-for-io", Severity.WARNING, "Tasks wait, and leave processors with nothing to do"
)
MACHINE_LIMIT = Rule(
    "UG519", "machine-limit", Severity.NOTE, "Processes that share nothing scale no better"
)

RULES: dict[str, Rule] = {
    rule.code: rule for rule in list(globals().values()) if isinstance(rule, Rule)
}
"""All rules, in the order of their codes."""

OF_RUNS = frozenset(code for code in RULES if code.startswith("UG3"))
"""The codes of what `run` finds."""

OF_RACES = frozenset(code for code in RULES if code.startswith("UG4"))
"""The codes of what `race` finds."""
