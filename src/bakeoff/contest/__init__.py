"""Plan the fits, run them, keep the clock, open the test set, write the run."""

from bakeoff.contest._added_claims import CheckedClaims, add_claims
from bakeoff.contest._comparison import material, sharing_seeds
from bakeoff.contest._conductor import Work
from bakeoff.contest._contest import run_contest
from bakeoff.contest._contestant_results import PartPredictions, gather
from bakeoff.contest._event_words import PROBE_STAGES, duration_words, finished_words, news_words, started_words
from bakeoff.contest._events import Event, JobFinished, JobProgress, JobStarted, Listener, Logged, Said, StageFinished
from bakeoff.contest._fits import Fitter
from bakeoff.contest._folder import RunFolder, harmless_cell
from bakeoff.contest._job import Fit, FittingOptions
from bakeoff.contest._models import KeptModel, facts_of_run, find_model
from bakeoff.contest._openings import opening_sentences, times_words
from bakeoff.contest._parts import Part, Parts, divide, rows_left_to_look_at
from bakeoff.contest._pictures import data_pictures
from bakeoff.contest._plan import Plan, PlannedContestant, facts_of, make_plan
from bakeoff.contest._plan_text import describe_plan
from bakeoff.contest._predict import Answers, Prediction, as_images, enlarged_png, predict
from bakeoff.contest._probe_pictures import copies_pictures, label_pictures
from bakeoff.contest._probes import probe_dataset
from bakeoff.contest._recorded import Recorded, recorded
from bakeoff.contest._run import Run, open_run, read_of_schema
from bakeoff.contest._seal import SealedRows
from bakeoff.contest._workplace import ContestOptions, examine, is_running, workplace
from bakeoff.contest._write import shown_rows

__all__ = [
    "PROBE_STAGES",
    "Answers",
    "CheckedClaims",
    "ContestOptions",
    "Event",
    "Fit",
    "Fitter",
    "FittingOptions",
    "JobFinished",
    "JobProgress",
    "JobStarted",
    "KeptModel",
    "Listener",
    "Logged",
    "Part",
    "PartPredictions",
    "Parts",
    "Plan",
    "PlannedContestant",
    "Prediction",
    "Recorded",
    "Run",
    "RunFolder",
    "Said",
    "SealedRows",
    "StageFinished",
    "Work",
    "add_claims",
    "as_images",
    "copies_pictures",
    "data_pictures",
    "describe_plan",
    "divide",
    "duration_words",
    "enlarged_png",
    "examine",
    "facts_of",
    "facts_of_run",
    "find_model",
    "finished_words",
    "gather",
    "harmless_cell",
    "is_running",
    "label_pictures",
    "make_plan",
    "material",
    "news_words",
    "open_run",
    "opening_sentences",
    "predict",
    "probe_dataset",
    "read_of_schema",
    "recorded",
    "rows_left_to_look_at",
    "run_contest",
    "sharing_seeds",
    "shown_rows",
    "started_words",
    "times_words",
    "workplace",
]
