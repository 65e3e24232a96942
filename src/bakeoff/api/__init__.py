"""What ``import bakeoff`` offers, and what the commands are made of."""

from bakeoff.api._assignments import score, split
from bakeoff.api._audits import Audit, audit_data
from bakeoff.api._recipes import make_recipe
from bakeoff.api._runs import plan, refuse_errors, run, run_plan
from bakeoff.contest import Prediction, describe_plan, predict

__all__ = [
    "Audit",
    "Prediction",
    "audit_data",
    "describe_plan",
    "make_recipe",
    "plan",
    "predict",
    "refuse_errors",
    "run",
    "run_plan",
    "score",
    "split",
]
