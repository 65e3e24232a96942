"""The search for settings: Optuna asked for whole populations, the same budget for all, fresh seeds for winners."""

from bakeoff.tune._search import Budget, Candidate
from bakeoff.tune._space import Space, default_space, read_space
from bakeoff.tune._tune import Tuning, TuningPlan, keep_tuning, plan_tuning, run_tuning

__all__ = [
    "Budget",
    "Candidate",
    "Space",
    "Tuning",
    "TuningPlan",
    "default_space",
    "keep_tuning",
    "plan_tuning",
    "read_space",
    "run_tuning",
]
