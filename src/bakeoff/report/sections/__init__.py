"""The sections of a report, each made from a run alone; the order of reading is here."""

from collections.abc import Callable, Sequence

from bakeoff.report._view import Section
from bakeoff.report.sections._claims import claims
from bakeoff.report.sections._comparisons import comparisons, network_losses
from bakeoff.report.sections._context import Context, name_of
from bakeoff.report.sections._copies import copies
from bakeoff.report.sections._data import data
from bakeoff.report.sections._errors import calibration, confusion, mistakes, per_class
from bakeoff.report.sections._labels import labels
from bakeoff.report.sections._leaderboard import leaderboard
from bakeoff.report.sections._more_data import more_data
from bakeoff.report.sections._openings import openings
from bakeoff.report.sections._record import environment, failures, protocol
from bakeoff.report.sections._training import history, summaries, watched
from bakeoff.report.sections._trust import trust
from bakeoff.report.sections._tuning import tuning
from bakeoff.report.sections._validation import validation

__all__ = ["SECTIONS", "Context", "copies", "data", "labels", "name_of", "sections_of", "watched"]

SECTIONS: Sequence[Callable[[Context], Section | None]] = (
    trust,
    leaderboard,
    comparisons,
    network_losses,
    validation,
    copies,
    data,
    labels,
    history,
    tuning,
    more_data,
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


def sections_of(context: Context) -> tuple[Section, ...]:
    """All sections; published figures come first where there are any, since they are what was asked."""
    order = sorted(SECTIONS, key=lambda section: section is not claims) if context.run.claims else SECTIONS
    return tuple(filter(None, (section(context) for section in order)))
