"""Designed experiments: one factor varied, all else fixed, matched seeds, and an answer that the bands carry."""

from bakeoff.study._base import BASES, Base, make_base
from bakeoff.study._design import Question, StudyPlan, plan_study
from bakeoff.study._factors import FACTORS, Factor
from bakeoff.study._learning_curve import keep_learning_curve
from bakeoff.study._notebook import NOTEBOOK, notebook_questions
from bakeoff.study._study import Study, run_study

__all__ = [
    "BASES",
    "FACTORS",
    "NOTEBOOK",
    "Base",
    "Factor",
    "Question",
    "Study",
    "StudyPlan",
    "keep_learning_curve",
    "make_base",
    "notebook_questions",
    "plan_study",
    "run_study",
]
