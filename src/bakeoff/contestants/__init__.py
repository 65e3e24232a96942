"""What may enter a bake-off, behind one small protocol."""

from bakeoff.contestants._copies import strengths_of
from bakeoff.contestants._kept import MODEL_JSON, MODEL_SKOPS, MODEL_TENSORS, kept_networks, kept_pipeline
from bakeoff.contestants._keras import KerasContestant, import_keras, names_code
from bakeoff.contestants._line_up import default_line_up, default_time_limit_seconds
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
from bakeoff.contestants._ready import ReadyModel, ready_model
from bakeoff.contestants._registry import families, make_contestant, predict_with, wrap

__all__ = [
    "MODEL_JSON",
    "MODEL_SKOPS",
    "MODEL_TENSORS",
    "Contestant",
    "Facts",
    "Fitted",
    "Job",
    "KerasContestant",
    "MemberPlan",
    "Predictions",
    "ReadyModel",
    "Seconds",
    "SummaryRow",
    "default_line_up",
    "default_time_limit_seconds",
    "families",
    "import_keras",
    "kept_networks",
    "kept_pipeline",
    "make_contestant",
    "names_code",
    "predict_with",
    "ready_model",
    "strengths_of",
    "wrap",
]
