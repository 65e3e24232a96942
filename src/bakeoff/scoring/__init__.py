"""The lock on a test set: rows handed out without labels, and submissions scored later by whoever keeps them."""

from bakeoff.scoring._assignment import Assignment, make_assignment
from bakeoff.scoring._lines import ScoreOptions
from bakeoff.scoring._score import score_submissions
from bakeoff.scoring._scoreboard import Scoreboard, ScoreLine

__all__ = ["Assignment", "ScoreLine", "ScoreOptions", "Scoreboard", "make_assignment", "score_submissions"]
