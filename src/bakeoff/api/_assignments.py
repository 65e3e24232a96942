"""Assignments whose test labels stay with whoever sets them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bakeoff.api._recipes import DATA_OPTIONS, make_recipe, read_data, refuse_others
from bakeoff.scoring import Assignment, Scoreboard, ScoreOptions, make_assignment, score_submissions

__all__ = ["score", "split"]


def split(where: str | Path, folder: str | Path, *, test_fraction: float = 0.2, **options: Any) -> Assignment:
    """Make an assignment: rows to hand out, and the labels of the test rows to keep.

    Parameters
    ----------
    where : str or Path
        As for `run`.
    folder : path
        Gets ``train.csv``, ``test.csv`` (without labels) and ``labels.csv``.
    test_fraction : float
        How much to set aside where the data has no test rows of its own.
    **options
        ``test``, ``label``, ``group``, ``image_shape``, ``rows``, ``class_names``, ``moved_copies``; with names
        given, they are the labels of the files.

    Raises
    ------
    InputError
    """
    refuse_others("split", options, DATA_OPTIONS)
    recipe = make_recipe(where, **options)
    return make_assignment(
        read_data(recipe.data), Path(folder), test_fraction, named_classes=recipe.data.class_names is not None
    )


def score(
    runs: str | Path | Sequence[str | Path], labels: str | Path, *, workspace: str | Path = ".", **options: Any
) -> Scoreboard:
    """Score runs whose test rows came without labels, by labels that were kept elsewhere.

    Each submission is one opening of the labels, on record in `workspace` before anything is compared.

    Parameters
    ----------
    runs : path or sequence of paths
        Folders or names of runs, CSV files with a predicted label for each test row, or folders of all these.
    labels : path
        The labels in the order of the test rows, or the whole test file.
    workspace : path
    **options
        ``metric``, ``label``, ``group``, ``margin``, ``confidence``; see `bakeoff.scoring.ScoreOptions`.

    Returns
    -------
    Scoreboard

    Raises
    ------
    InputError
    """
    paths = [runs] if isinstance(runs, str | Path) else list(runs)
    return score_submissions(paths, labels, ScoreOptions(Path(workspace), **options))
