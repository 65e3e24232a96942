"""The sections of a report, each made from a run alone; the order of reading is here."""

from collections.abc import Callable, Sequence

from bakeoff.report._view import Section
from bakeoff.report.sections._comparisons import comparisons, network_losses
from bakeoff.report.sections._context import Context, name_of
from bakeoff.report.sections._data import data
from bakeoff.report.sections._errors import calibration, confusion, mistakes, per_class
from bakeoff.report.sections._leaderboard import leaderboard
from bakeoff.report.sections._record import claims, environment, failures, openings, protocol
from bakeoff.report.sections._training import history, summaries, watched
from bakeoff.report.sections._trust import trust

__all__ = ["SECTIONS", "Context", "data", "name_of", "watched"]

SECTIONS: Sequence[Callable[[Context], Section]] = (
    trust,
    data,
    leaderboard,
    comparisons,
    network_losses,
    history,
    per_class,
    confusion,
    calibration,
    mistakes,
    summaries,
    claims,
    failures,
    openings,
    environment,
    protocol,
)
