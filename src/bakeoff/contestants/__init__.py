"""What may enter a bake-off, behind one small protocol."""

from bakeoff.contestants._protocol import (
    Contestant,
    Facts,
    Fitted,
    Job,
    MemberPlan,
    Predictions,
    Seconds,
    SummaryRow,
)

__all__ = ["Contestant", "Facts", "Fitted", "Job", "MemberPlan", "Predictions", "Seconds", "SummaryRow"]
