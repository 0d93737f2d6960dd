"""Distributions and targets -> verdicts and findings: the rules of `check`."""

from ungil.readiness.check import Options, check
from ungil.readiness.declarations import Index
from ungil.readiness.fix import Change, blocked, fix
from ungil.readiness.importing import Importer
from ungil.readiness.reader import Reader
from ungil.readiness.standing import READY, Standing, stand
from ungil.readiness.tags import suggest_tag, tag_is_impossible

__all__ = [
    "READY",
    "Change",
    "Importer",
    "Index",
    "Options",
    "Reader",
    "Standing",
    "blocked",
    "check",
    "fix",
    "stand",
    "suggest_tag",
    "tag_is_impossible",
]
