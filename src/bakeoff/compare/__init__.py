"""Statistics on arrays: scores, intervals, tests, decisions, verdict.

Everything here takes plain arrays (predictions of every seed, true classes, groups) and gives plain values. The
question asked is always one of two, and each result names it: *this fit* (how would these fits do on new rows of the
same kind) or *this procedure* (how would a new fit with a new seed). Both take the training rows as they are.
"""

from bakeoff.compare._claim_figures import Elsewhere, LikeForLike, PublishedFigure, RandomSplit, Reading
from bakeoff.compare._claims import ClaimResult, check_claim
from bakeoff.compare._estimates import Estimand, Estimate, summarise
from bakeoff.compare._options import CompareOptions
from bakeoff.compare._pairs import Comparison, Decision, compare
from bakeoff.compare._reliability import Reliability, reliability
from bakeoff.compare._scores import confusion, per_class, row_losses, scores, scores_from_confusion
from bakeoff.compare._seeds import probability_better
from bakeoff.compare._verdict import VerdictFacts, verdict

__all__ = [
    "ClaimResult",
    "CompareOptions",
    "Comparison",
    "Decision",
    "Elsewhere",
    "Estimand",
    "Estimate",
    "LikeForLike",
    "PublishedFigure",
    "RandomSplit",
    "Reading",
    "Reliability",
    "VerdictFacts",
    "check_claim",
    "compare",
    "confusion",
    "per_class",
    "probability_better",
    "reliability",
    "row_losses",
    "scores",
    "scores_from_confusion",
    "summarise",
    "verdict",
]
