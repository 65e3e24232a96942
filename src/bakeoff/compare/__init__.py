"""Statistics on arrays: scores, intervals, tests, decisions, verdict.

Everything here takes plain arrays (predictions of every seed, true classes, groups) and gives plain values. The
question asked is always one of two, and each result names it: *this fit* (how would these fits do on new rows of the
same kind) or *this procedure* (how would a new fit with a new seed). Both take the training rows as they are.
"""

from bakeoff.compare._claim_figures import Elsewhere, LikeForLike, PublishedFigure, RandomSplit, Reading
from bakeoff.compare._claims import ClaimResult, check_claim
from bakeoff.compare._estimates import Estimand, Estimate, summarise
from bakeoff.compare._gap import Gap, bonferroni, score_gap, validation_gaps
from bakeoff.compare._harm import harm_gaps
from bakeoff.compare._options import CompareOptions
from bakeoff.compare._pairs import Comparison, Decision, compare
from bakeoff.compare._probe_limits import doubts_labels, tells_apart
from bakeoff.compare._reliability import Reliability, reliability
from bakeoff.compare._scores import confusion, per_class, row_losses, scores, scores_from_confusion
from bakeoff.compare._seeds import probability_better
from bakeoff.compare._verdict import TURNED, VerdictFacts, verdict
from bakeoff.compare._words import METRIC_NAMES

__all__ = [
    "METRIC_NAMES",
    "TURNED",
    "ClaimResult",
    "CompareOptions",
    "Comparison",
    "Decision",
    "Elsewhere",
    "Estimand",
    "Estimate",
    "Gap",
    "LikeForLike",
    "PublishedFigure",
    "RandomSplit",
    "Reading",
    "Reliability",
    "VerdictFacts",
    "bonferroni",
    "check_claim",
    "compare",
    "confusion",
    "doubts_labels",
    "harm_gaps",
    "per_class",
    "probability_better",
    "reliability",
    "row_losses",
    "score_gap",
    "scores",
    "scores_from_confusion",
    "summarise",
    "tells_apart",
    "validation_gaps",
    "verdict",
]
