"""What was observed and what is declared -> the findings of `run`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ungil import rules
from ungil.findings import Evidence, Finding, Module, Report, Rule, Step, listed
from ungil.running.declared import Declarations
from ungil.running.journal import Journal, Process
from ungil.running.observed import Seen, observe
from ungil.running.paths import location_of, own_location
from ungil.running.tree import tree

__all__ = ["judge"]


def judge(
    subject: str,
    journal: Journal,
    folder: Path,
    declarations: Declarations,
    *,
    pid: int | None = None,
    target: str | None = None,
    notes: Sequence[str] = (),
    with_tree: bool = False,
) -> Report:
    """Judge a run.

    Args:
        subject: What was run, as the user named it.
        journal: What it wrote down.
        folder: The working directory, where the user's own files are.
        declarations: Reads what modules declare.
        pid: Of the program itself; None if not known.
        target: The Python whose wheels the declarations are from; None for those
            of the files that were imported.
        notes: Further sentences for the report.
        with_tree: Show who imported whom.
    """
    seen = observe(journal)
    findings = [
        *_switches(seen, journal, folder),
        *_unexplained(journal),
        *_forced(journal),
        *_unobserved(journal, pid),
        *_read(seen, declarations, folder),
    ]
    return Report(
        "run",
        subject,
        targets=() if target is None else (target,),
        findings=tuple(findings),
        notes=(*notes, *_outcome(journal, seen, findings)),
        imports=tree(seen, declarations.of, folder) if with_tree else (),
    )


def _switches(everything: Iterable[Seen], journal: Journal, folder: Path) -> Iterator[Finding]:
    """The imports that switched the GIL on: one for each module, whatever the processes."""
    by_module: dict[str, list[Seen]] = {}
    for seen in everything:
        if seen.created.switch is not None:
            by_module.setdefault(seen.name, []).append(seen)
    for name, group in by_module.items():
        first = group[0]
        switch = first.created.switch
        certain = switch is not None and switch.certain
        what = (
            f"Importing {name} switched the GIL on"
            if certain
            else (
                f"The GIL came on while {name} was imported, and the interpreter did not say why,"
            )
        )
        others = f"; so it did in {len(group) - 1} more processes" if len(group) > 1 else ""
        yield _finding(
            rules.GIL_SWITCHED_ON,
            first,
            f"{what} {first.seconds:.2f} s after the start, {_where(first, journal)}{others}.",
            _remedy(first),
            Evidence.IMPORTED,
            folder,
        )


def _where(seen: Seen, journal: Journal) -> str:
    """E.g. `in thread worker of process 4711`."""
    where = f"in thread {seen.created.thread}"
    if seen.created.interpreter:
        where += f" of sub-interpreter {seen.created.interpreter}"
    if seen.created.pid != journal.processes[0].started.pid:
        where += f" of process {seen.created.pid}"
    return where


def _read(
    everything: Iterable[Seen], declarations: Declarations, folder: Path
) -> Iterator[Finding]:
    """What the modules declare of which importing them showed nothing."""
    groups: dict[tuple[Rule, str], list[tuple[Seen, Module]]] = {}
    for seen in everything:
        module = declarations.of(seen)
        if seen.keeps_gil_off is None and module.keeps_gil_off is not True:
            switches = module.keeps_gil_off is False
            rule = rules.WOULD_SWITCH_GIL_ON if switches else rules.SWITCH_UNKNOWN
            groups.setdefault((rule, seen.label), []).append((seen, module))
    for (rule, _), group in groups.items():
        modules = {module.name: module for _, module in group}
        first = group[0][0]
        if rule is rules.WOULD_SWITCH_GIL_ON:
            what, remedy = "Importing it would switch the GIL on", _remedy(first)
        else:
            what, remedy = "Whether importing it switches the GIL on is not known", _look(first)
        message = (
            f"{what}: {listed(modules.values())}. First {first.seconds:.2f} s after the start."
        )
        yield _finding(rule, first, message, remedy, Evidence.DECLARATION, folder)


def _unexplained(journal: Journal) -> Iterator[Finding]:
    """Processes in which the GIL was on for no reason that was seen."""
    for process in journal.processes:
        started, ended = process.started, process.ended
        if not started.free_threaded or started.forced_by is not None:
            continue
        if started.enabled and started.forked_from is None:
            message = (
                "The GIL was on before the program began: something that is imported at the "
                "start of every program, by a .pth file for instance, switched it on."
            )
            remedy = "`python -X importtime -c pass` lists what is imported at the start."
        elif ended is not None and ended.enabled and not started.enabled and not _told(process):
            message = "The GIL was on at the end, and no import was seen to switch it on."
            remedy = "Run it with `python -v`, which names modules that need the GIL."
        else:
            continue
        yield Finding(rules.GIL_ON_UNSEEN, f"process {started.pid}", message, remedy)


def _told(process: Process) -> bool:
    return any(created.switch is not None for created in process.created)


def _forced(journal: Journal) -> Iterator[Finding]:
    forced = {(p.started.forced_by, p.started.enabled): p for p in journal.processes}
    for forced_by, enabled in forced:
        if forced_by is not None:
            state = "on" if enabled else "off"
            yield Finding(
                rules.GIL_FORCED,
                forced_by,
                f"It keeps the GIL {state}, whatever is imported: what would happen without it "
                "is read from the modules.",
                "Run it without, to see what happens.",
            )


def _unobserved(journal: Journal, pid: int | None) -> Iterator[Finding]:
    watched = {process.started.pid for process in journal.processes}
    if not watched or (pid is not None and pid not in watched):
        yield Finding(
            rules.NOT_WATCHED,
            "the program",
            "It was not watched: it ended before it began, or its Python is no CPython from "
            "3.11 on, or ignores the environment.",
            "Look at what it printed; then name another Python with --python.",
        )
    if journal.damaged:
        yield Finding(
            rules.NOT_WATCHED,
            "the journal",
            f"{journal.damaged} of its lines cannot be read, so that something may be missing.",
            "Look for a full disk, or for what ended the program; then run it again.",
        )


def _outcome(
    journal: Journal, everything: Sequence[Seen], findings: Sequence[Finding]
) -> Iterator[str]:
    """In a sentence or two: how it went with the GIL."""
    modules = {seen.name for seen in everything}
    one = len(modules) == 1
    imported = (
        f"{len(modules)} extension module{'' if one else 's'} {'was' if one else 'were'} imported"
        if modules
        else "No extension module beside the standard library's was imported"
    )
    processes = [process.started for process in journal.processes]
    if not processes:
        return
    told = {finding.rule for finding in findings}
    if not any(process.free_threaded for process in processes):
        yield (
            "This is a GIL-enabled build, whose GIL is always on, so nothing could be observed: "
            f"what would happen on a free-threaded one is read from the modules. {imported}."
        )
    elif told & {rules.GIL_SWITCHED_ON, rules.GIL_ON_UNSEEN, rules.GIL_FORCED}:
        proved = {seen.name for seen in everything if seen.keeps_gil_off}
        yield f"{imported}, {len(proved)} of them while the GIL stayed off."
    elif all(process.ended is not None for process in journal.processes):
        yield f"The GIL stayed off. {imported}."
    else:
        yield f"No import was seen to switch the GIL on. {imported}."
    unended = sum(process.ended is None for process in journal.processes)
    if unended:
        yield (
            f"{unended} of {len(processes)} processes ended by a signal, os._exit or a crash; what "
            "they had imported until then was seen."
        )


def _finding(
    rule: Rule, seen: Seen, message: str, remedy: str, evidence: Evidence, folder: Path
) -> Finding:
    chain = seen.created.chain
    steps = [
        Step(
            f"in {step.function} imports {step.module}"
            if step.function not in {"", "<module>"}
            else f"imports {step.module}",
            location_of(step, folder),
        )
        for step in chain
    ]
    return Finding(
        rule,
        seen.label,
        message,
        remedy,
        own_location(chain, folder),
        evidence,
        steps=tuple(steps),
    )


def _remedy(seen: Seen) -> str:
    if seen.distribution is None:
        return (
            "Declare in its sources that it needs no GIL, once that is true; "
            f"`ungil explain {rules.GIL_SWITCHED_ON.code}` shows how."
        )
    return f"{_check(seen.distribution)} tells whether another version keeps it off."


def _look(seen: Seen) -> str:
    if seen.distribution is None:
        return "Run it under a free-threaded Python, which finds out."
    return (
        "With --target 3.14t the wheel that would be installed there is read instead, as "
        f"{_check(seen.distribution)} does."
    )


def _check(distribution: tuple[str, str]) -> str:
    return f"`ungil check '{'=='.join(distribution)}'`"
