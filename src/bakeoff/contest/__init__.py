"""Plan the fits, run them, keep the clock, open the test set, write the run."""

from bakeoff.contest._contest import ContestOptions, is_running, run_contest
from bakeoff.contest._events import Event, JobFinished, JobProgress, JobStarted, Listener, Logged, Said, StageFinished
from bakeoff.contest._pictures import data_pictures
from bakeoff.contest._plan import Plan, PlannedContestant, make_plan
from bakeoff.contest._plan_text import describe_plan
from bakeoff.contest._predict import Answers, Prediction, predict
from bakeoff.contest._run import Run, open_run

__all__ = [
    "Answers",
    "ContestOptions",
    "Event",
    "JobFinished",
    "JobProgress",
    "JobStarted",
    "Listener",
    "Logged",
    "Plan",
    "PlannedContestant",
    "Prediction",
    "Run",
    "Said",
    "StageFinished",
    "data_pictures",
    "describe_plan",
    "is_running",
    "make_plan",
    "open_run",
    "predict",
    "run_contest",
]
