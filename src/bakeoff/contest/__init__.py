"""Plan the fits, run them, keep the clock, open the test set, write the run."""

from bakeoff.contest._added_claims import CheckedClaims, add_claims
from bakeoff.contest._assignment import Assignment, make_assignment
from bakeoff.contest._contest import ContestOptions, is_running, run_contest
from bakeoff.contest._events import Event, JobFinished, JobProgress, JobStarted, Listener, Logged, Said, StageFinished
from bakeoff.contest._pictures import data_pictures
from bakeoff.contest._plan import Plan, PlannedContestant, make_plan
from bakeoff.contest._plan_text import describe_plan
from bakeoff.contest._predict import Answers, Prediction, predict
from bakeoff.contest._probe_pictures import copies_pictures, label_pictures
from bakeoff.contest._probes import probe_dataset
from bakeoff.contest._run import Run, open_run
from bakeoff.contest._score import score_submissions
from bakeoff.contest._score_lines import ScoreOptions
from bakeoff.contest._scoreboard import Scoreboard, ScoreLine

__all__ = [
    "Answers",
    "Assignment",
    "CheckedClaims",
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
    "ScoreLine",
    "ScoreOptions",
    "Scoreboard",
    "StageFinished",
    "add_claims",
    "copies_pictures",
    "data_pictures",
    "describe_plan",
    "is_running",
    "label_pictures",
    "make_assignment",
    "make_plan",
    "open_run",
    "predict",
    "probe_dataset",
    "run_contest",
    "score_submissions",
]
