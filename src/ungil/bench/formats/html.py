"""What was measured, as one page: a curve and a table for each task, and every sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import pygal

from ungil._version import __version__
from ungil.bench.estimates import outliers
from ungil.bench.formats.parts import parts
from ungil.bench.model import Result, Scaling
from ungil.bench.words import COLUMNS, about, caption, described, rows, size
from ungil.page import FRAME, drawn, page, text

__all__ = ["render"]

_HEIGHT = 360
_MOST_CURVES = 15
"""Which can be told from each other; see `page.css`."""

_SAMPLES = ("", "round", "start", "warming", "time", "CPU", "memory", "items", "failed", "GIL", "")


def render(results: Sequence[Result]) -> str:
    """The page, in ASCII."""
    names = ", ".join(one.measured.task.name for one in results)
    style = (resources.files("ungil.bench.formats") / "page.css").read_text("utf-8")
    return page(f"ungil bench: {names}", "\n".join(_body(results, names)), style=style)


def _body(results: Sequence[Result], names: str) -> Iterator[str]:
    yield "<header>\n<h1>Is it worth it?</h1>"
    yield f'<p class="headline">{text(names)}</p>\n</header>'
    for one in results:
        yield from _task(one)
    if results:
        yield "<section>\n<h2>Machine</h2>"
        yield _table("machine", ("", ""), described(results[0].machine))
        yield "</section>"
    yield f'<footer class="quiet"><p>ungil {text(__version__)} bench</p></footer>'


def _task(result: Result) -> Iterator[str]:
    yield f"<section>\n<h2>{text(result.measured.task.name)}</h2>"
    for one in result.refusals:
        yield f'<p class="refusal">Nothing is concluded: {text(one)}.</p>'
    yield from _figure(result)
    made = list(rows(result))
    yield _table("figures", COLUMNS, (row.cells for row in made), [row.verdict for row in made])
    yield f'<p class="quiet">{text(caption(result))} {text("; ".join(about(result)))}.</p>'
    for title, lines in parts(result):
        items = ("<br>".join(map(text, several)) for several in lines)
        yield f"<h3>{text(title)}</h3>\n<ul>{''.join(f'<li>{one}</li>' for one in items)}</ul>"
    yield from _details("Every sample", _table("samples", _SAMPLES, _samples(result)))
    if result.yardsticks:
        yield from _details("The yardstick", _yardsticks(result))
    yield "</section>"


def _figure(result: Result) -> Iterator[str]:
    """Speedup over workers, where there is a curve."""
    curves = [one for one in result.scaling if len(one.points) > 1][:_MOST_CURVES]
    if not curves:
        return
    names = [f"{one.build} {one.arm}" for one in curves]
    described_curves = "; ".join(map(_in_words, curves))
    yield f"<figure>{drawn(_chart(curves, names), f'Speedup: {described_curves}.')}"
    legend = (f'<span class="color-{at}">{text(name)}</span>' for at, name in enumerate(names))
    yield f"<figcaption>Speedup over workers: {' '.join(legend)}</figcaption></figure>"


def _in_words(one: Scaling) -> str:
    points = (f"{point.speedup.value:.2f} with {point.workers}" for point in one.points)
    return f"{one.build} {one.arm} {', '.join(points)}"


def _chart(curves: Sequence[Scaling], names: Sequence[str]) -> pygal.XY:
    counts = sorted({point.workers for one in curves for point in one.points})
    top = max(point.speedup.high for one in curves for point in one.points)
    chart = pygal.XY(
        **FRAME,
        height=_HEIGHT,
        range=(0, max(1.0, top)),
        xrange=(0, counts[-1]),
        x_value_formatter=lambda value: f"{value:g}",
        value_formatter=lambda value: f"{value:g}",
    )
    chart.x_labels = counts
    for name, one in zip(names, curves, strict=True):
        chart.add(name, [(point.workers, point.speedup.value) for point in one.points])
    return chart


def _samples(result: Result) -> Iterator[Sequence[str]]:
    for series in result.measured.series:
        far = outliers([sample.wall for sample in series.samples])
        for at, one in enumerate(series.samples):
            yield (
                str(series.cell),
                str(at + 1),
                f"{one.start:.6f} s",
                f"{one.warming:.6f} s",
                f"{one.wall:.6f} s",
                f"{one.cpu:.6f} s" if one.cpu is not None else "unknown",
                size(one.memory) if one.memory is not None else "unknown",
                str(one.items),
                str(one.failed),
                "on" if one.gil else "off",
                "outlier" if at in far else "",
            )


def _yardsticks(result: Result) -> str:
    headers = ["round"]
    for one in result.yardsticks:
        headers += [f"processors that {one.workers} had", "work in a second"]
    columns = [
        column
        for one in result.yardsticks
        for column in ([f"{b:.3f}" for b in one.busy], [f"{rate:.0f}" for rate in one.rate])
    ]
    numbered = enumerate(zip(*columns, strict=True), start=1)
    return _table("yardstick", headers, ([str(number), *cells] for number, cells in numbered))


def _details(title: str, inner: str) -> Iterator[str]:
    yield f"<details>\n<summary>{text(title)}</summary>\n{inner}\n</details>"


def _table(
    label: str, headers: Sequence[str], lines: Iterable[Sequence[str]], verdicts: Sequence[str] = ()
) -> str:
    head = "".join(f'<th scope="col">{text(one)}</th>' for one in headers)
    if not any(headers):
        head = ""
    made = []
    for at, cells in enumerate(lines):
        kind = f' class="{verdicts[at]}"' if verdicts and verdicts[at] else ""
        *others, last = cells
        written = "".join(f"<td>{_cell(cell)}</td>" for cell in others)
        made.append(f"<tr>{written}<td{kind}>{text(last)}</td></tr>")
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(made)}</tbody></table></div>"
    )


def _cell(cell: str) -> str:
    """An interval stands below its value."""
    value, bracket, interval = cell.partition(" (")
    if not bracket:
        return text(cell)
    return f"{text(value)}<br><small>({text(interval)}</small>"
