"""A survey as one page: the curve, a table of the packages, and how it was counted.

What a reader can choose (day, view, filters, order) is computed in the page by its own
script from the survey that it carries; what is the same for everybody is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import msgspec

from ungil._version import __version__
from ungil.ecosystem.formats.chart import curve
from ungil.ecosystem.model import PUBLISHED, Survey
from ungil.ecosystem.words import (
    COUNTED,
    GROUPS,
    changed,
    compared,
    delayed,
    needed,
    percent,
    unanswered,
)
from ungil.page import page, text

__all__ = ["render"]

_SHORT = 12  # lines of a list that may be shown at once


def render(survey: Survey) -> str:
    """The page, in ASCII."""
    data = json.dumps(
        {
            **msgspec.to_builtins(survey),
            "words": {group.value: word for group, word in GROUPS.items()},
        },
        separators=(",", ":"),
    )
    return page(
        f"Free-threaded Python: {survey.source} on {survey.as_of}",
        "\n".join(_body(survey)),
        style=_asset("page.css"),
        script=_asset("page.js"),
        data=data,
    )


def _asset(name: str) -> str:
    return (resources.files("ungil.ecosystem.formats") / name).read_text("utf-8")


def _body(survey: Survey) -> Iterator[str]:
    published = survey.totals[PUBLISHED]
    yield f"<header>\n<h1>{text(survey.source)}, free-threaded</h1>"
    yield (
        f'<p class="headline">{published.ready} of {published.compiled} compiled packages had '
        f"free-threaded wheels on {survey.as_of} ({percent(published)}).</p>"
    )
    yield (
        f'<p class="quiet">{len(survey.packages)} packages. Counted by the published rule; '
        '<a href="#counted">how</a>, and by Python and platform below.</p>\n</header>'
    )
    yield "<noscript><p>The table and the choices need JavaScript.</p></noscript>"
    yield from _choices(survey)
    yield '<section aria-labelledby="over-time">\n<h2 id="over-time">Over time</h2>'
    yield f'<figure id="chart">{"".join(curve(survey, view) for view in survey.views)}'
    yield _DAY.format(start=survey.start, end=survey.as_of)
    yield "</figure>\n</section>"
    yield _TABLE
    yield from _lists(survey)
    yield '<section>\n<h2 id="counted">How it was counted</h2>\n<ul>'
    yield from (f"<li>{text(line)}</li>" for line in (*COUNTED, *survey.notes))
    yield "</ul>\n</section>"
    yield (
        f'<footer class="quiet"><p>ungil {text(__version__)} ecosystem, {text(survey.created)}'
        "</p></footer>"
    )


_DAY = """<figcaption>
<label for="day">Day</label>
<input type="range" id="day" min="0" value="0" step="1">
<input type="date" id="date" aria-label="Day" min="{start}" max="{end}">
<output id="then" for="day date" aria-live="polite"></output>
</figcaption>"""

_TABLE = """<section aria-labelledby="packages">
<h2 id="packages">Packages</h2>
<div class="row">
<label for="search">Search</label>
<input type="search" id="search" autocomplete="off" spellcheck="false">
<fieldset id="groups"><legend class="sr">Show</legend></fieldset>
</div>
<p id="found" class="quiet" role="status"></p>
<div class="scroll" role="region" tabindex="0" aria-labelledby="packages">
<table id="table"><thead><tr></tr></thead><tbody></tbody></table>
</div>
</section>"""


def _choices(survey: Survey) -> Iterator[str]:
    """Which view is shown."""
    targets = list(dict.fromkeys(view.target for view in survey.views if view.target))
    platforms = list(dict.fromkeys(view.platform for view in survey.views if view.platform))
    short = {view.platform: view.id.split(" ", 1)[1] for view in survey.views if view.platform}
    yield '<form class="row" id="choices">\n<label for="target">Python</label>'
    yield '<select id="target"><option value="">any (published counting)</option>'
    yield from (f"<option>{text(target)}</option>" for target in targets)
    yield '</select>\n<label for="platform">Platform</label>\n<select id="platform" disabled>'
    yield from (
        f'<option value="{text(platform)}">{text(short[platform])}</option>'
        for platform in platforms
    )
    yield "</select>\n</form>"


def _lists(survey: Survey) -> Iterator[str]:
    yield from _list(f"Changed since {survey.since}", changed(survey.changes), "Nothing did.")
    if survey.previous is not None:
        title = f"Changed since the page of {survey.previous.as_of}"
        yield from _list(title, compared(survey.previous), "Nothing did.")
    yield from _list(f"No longer ready, since {survey.start}", changed(survey.regressions), "None.")
    yield from _list("What others of the list wait for", needed(survey.blockers), "Nothing.")
    yield from _list("Until the first wheel", delayed(survey.delays))
    yield from _list("Not known", unanswered(survey.packages))


def _list(title: str, lines: Sequence[str], otherwise: str = "") -> Iterable[str]:
    if not lines and not otherwise:
        return
    yield f"<details{' open' if len(lines) <= _SHORT else ''}>"
    yield f"<summary>{text(title)} ({len(lines)})</summary>"
    if lines:
        yield f"<ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>"
    else:
        yield f"<p>{otherwise}</p>"
    yield "</details>"
