"""How far packages are, on any day: a list of names -> its survey.

    names = names_in("requirements.txt", targets, Path.cwd())[0]
    found = survey(Question("requirements.txt", names, targets, as_of, since), index)
    text = formats.render(found, "html")

From the times of upload that an index tells, one answer for each package gives its
whole history.
"""

from ungil.ecosystem.earlier import read_earlier
from ungil.ecosystem.formats import FORMATS, render
from ungil.ecosystem.formats.badge import badge
from ungil.ecosystem.gather import Progress
from ungil.ecosystem.listing import TOP_LIST, names_in, top_count, top_names
from ungil.ecosystem.model import Survey
from ungil.ecosystem.reading import ListError
from ungil.ecosystem.survey import Question, survey

__all__ = [
    "FORMATS",
    "TOP_LIST",
    "ListError",
    "Progress",
    "Question",
    "Survey",
    "badge",
    "names_in",
    "read_earlier",
    "render",
    "survey",
    "top_count",
    "top_names",
]
