"""How settings were searched before the run, where they were."""

from bakeoff.report._tuning_blocks import tuning_blocks
from bakeoff.report._view import Section
from bakeoff.report.sections._context import Context

__all__ = ["tuning"]


def tuning(context: Context) -> Section | None:
    """The search; None where nothing was searched."""
    found = context.run.tuning
    return Section("tuning", "How settings were searched", tuning_blocks(found)) if found else None
