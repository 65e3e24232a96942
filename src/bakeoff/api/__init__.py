"""What ``import bakeoff`` offers, and what the commands are made of."""

from bakeoff.api._assignments import score, split
from bakeoff.api._audits import Audit, audit_data
from bakeoff.api._exports import Exported, export
from bakeoff.api._recipes import make_recipe
from bakeoff.api._run import Run, open_run
from bakeoff.api._runs import plan, refuse_errors, run, run_plan, run_tuned
from bakeoff.api._serving import serve_run
from bakeoff.api._studies import Study, plan_of_study, run_study, run_study_plan
from bakeoff.api._tuning import DEFAULT_FITS, Tuning, asks_for_tuning, plan_of_tuning, run_tuning, run_tuning_plan
from bakeoff.contest import Prediction, describe_plan, predict

__all__ = [
    "DEFAULT_FITS",
    "Audit",
    "Exported",
    "Prediction",
    "Run",
    "Study",
    "Tuning",
    "asks_for_tuning",
    "audit_data",
    "describe_plan",
    "export",
    "make_recipe",
    "open_run",
    "plan",
    "plan_of_study",
    "plan_of_tuning",
    "predict",
    "refuse_errors",
    "run",
    "run_plan",
    "run_study",
    "run_study_plan",
    "run_tuned",
    "run_tuning",
    "run_tuning_plan",
    "score",
    "serve_run",
    "split",
]
