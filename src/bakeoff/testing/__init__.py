"""Fakes that behave, for tests of Bakeoff and of what is built on it."""

from bakeoff.testing._contestant import CentroidContestant
from bakeoff.testing._dataset import make_blurs
from bakeoff.testing._results_schema import check_results
from bakeoff.testing._run_folder import ExampleRun, write_example_run

__all__ = ["CentroidContestant", "ExampleRun", "check_results", "make_blurs", "write_example_run"]
