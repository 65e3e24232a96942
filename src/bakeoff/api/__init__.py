"""What ``import bakeoff`` offers, and what the commands are made of."""

from bakeoff.api._assignments import score, split
from bakeoff.api._audits import Audit, audit_data
from bakeoff.api._exports import Exported, export
from bakeoff.api._recipes import make_recipe
from bakeoff.api._run import Run, open_run
from bakeoff.api._runs import plan, refuse_errors, run, run_plan
from bakeoff.api._studies import Study, plan_of_study, run_study_plan, study
from bakeoff.contest import Prediction, describe_plan, predict

__all__ = [
    "Audit",
    "Exported",
    "Prediction",
    "Run",
    "Study",
    "audit_data",
    "describe_plan",
    "export",
    "make_recipe",
    "open_run",
    "plan",
    "plan_of_study",
    "predict",
    "refuse_errors",
    "run",
    "run_plan",
    "run_study_plan",
    "score",
    "split",
    "study",
]
