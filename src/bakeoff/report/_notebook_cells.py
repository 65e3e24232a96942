"""The code cells of the notebook, as functions: what is checked and run here is what the notebook shows.

Each takes ``run``, what `bakeoff.open_run` gives, and what it prints or returns becomes the output of the cell. No text
from the data is ever part of the code: a cell for one contestant gets its number.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from bakeoff.report import figures
from bakeoff.report._run_views import RunViews, Verdict

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "class_histogram",
    "comparisons",
    "confusion_matrix",
    "distorted_images",
    "group_of_copies",
    "harm",
    "history",
    "label_candidates",
    "leaderboard",
    "mistakes",
    "one_image_per_class",
    "per_class",
    "reliability",
    "rows_of_data",
    "sample_images",
    "scores",
    "summary",
    "times",
    "validation_against_test",
    "verdict",
]


def rows_of_data(run: RunViews) -> None:
    """Rows, classes and values of the data."""
    data = run.results["data"]
    for key in ("name", "kind", "n_train", "n_validation", "n_test", "n_classes", "missing_values", "value_range"):
        print(f"{key:>15}: {data.get(key)}")


def class_histogram(run: RunViews) -> Figure:
    """Rows of each class."""
    data = run.results["data"]
    return figures.class_histogram(data["class_names"], data["class_counts"])


def sample_images(run: RunViews) -> Figure:
    """Random training rows with their labels."""
    names = run.results["data"]["class_names"]
    with np.load(run.folder / "pictures.npz") as pictures:
        images, labels = pictures["sample_images"], pictures["sample_labels"]
    return figures.sample_images(images, [names[label] for label in labels])


def one_image_per_class(run: RunViews) -> Figure:
    """One training image of each class."""
    with np.load(run.folder / "pictures.npz") as pictures:
        images = pictures["class_images"]
    return figures.one_image_per_class(images, run.results["data"]["class_names"])


def verdict(run: RunViews) -> Verdict:
    """The answer in words."""
    return run.verdict


def scores(run: RunViews) -> "pl.DataFrame":
    """Every contestant, best first."""
    return run.leaderboard


def leaderboard(run: RunViews) -> Figure:
    """Scores with intervals, and a stroke for each seed."""
    return run.plot_leaderboard()


def times(run: RunViews) -> Figure:
    """What each contestant costs."""
    return figures.times(run.results["contestants"])


def comparisons(run: RunViews) -> None:
    """Every pair: first minus second."""
    for pair in run.results["comparisons"]:
        print(f"{pair['a']!r} - {pair['b']!r} on {pair['on']} rows, {pair['estimand']}: {pair['decision']}")
        ends = "too few groups" if pair["low"] is None else f"{pair['low']:+.4f} to {pair['high']:+.4f}"
        print(f"    difference {pair['difference']:+.4f}, interval {ends}")


def validation_against_test(run: RunViews) -> Figure:
    """Whether validation tells the truth: on the dotted line it does."""
    contestants = [entry for entry in run.results["contestants"] if entry["family"] != "dummy"]
    return figures.validation_against_test(contestants, run.results["protocol"]["primary_metric"])


def group_of_copies(run: RunViews) -> Figure:
    """One photograph and its near-copies."""
    with np.load(run.folder / "pictures.npz") as pictures:
        images, similarity = pictures["group_images"], pictures["group_similarity"]
    return figures.group_of_copies(images, similarity.tolist())


def harm(run: RunViews) -> Figure:
    """What a random split promises, and what groups kept together leave of it."""
    probes = run.results["data"]["probes"]["harm"]["contestants"]
    is_grouped = run.results["protocol"]["validation"] != "test"
    contestants = [entry for entry in run.results["contestants"] if is_grouped and entry["family"] != "dummy"]
    return figures.harm(probes, contestants)


def label_candidates(run: RunViews) -> Figure:
    """Labels to look at: the one that is given, and what the other rows speak for."""
    names = run.results["data"]["class_names"]
    with np.load(run.folder / "pictures.npz") as pictures:
        images = pictures["label_images"]
        given = [names[label] for label in pictures["label_given"]]
        suggested = [names[label] for label in pictures["label_suggested"]]
    return figures.label_candidates(images, given, suggested)


def history(run: RunViews, number: int) -> Figure:
    """Loss, accuracy and F1 over the epochs."""
    return run.plot_history(["loss", "accuracy", "f1"], contestant=number)


def per_class(run: RunViews, number: int) -> "pl.DataFrame":
    """Precision, recall and F1 of each class."""
    return run.per_class(number)


def confusion_matrix(run: RunViews, number: int) -> Figure:
    """Which class is taken for which."""
    return run.confusion(number)


def reliability(run: RunViews, part: str) -> Figure:
    """Whether a probability means what it says."""
    return figures.reliability(run.results["contestants"], part)


def distorted_images(run: RunViews, number: int) -> Figure:
    """Training images, and what augmentation makes of them."""
    with np.load(run.folder / "pictures.npz") as pictures:
        lines = pictures[f"distorted_{run.results['contestants'][number]['name']}_images"]
    return figures.distorted_images(lines)


def mistakes(run: RunViews, number: int) -> Figure:
    """The validation rows that it got most wrong."""
    return run.mistakes(number)


def summary(run: RunViews, number: int) -> None:
    """Layers and their parameters."""
    layers = run.results["contestants"][number]["summary"]
    for layer in layers:
        print(f"{layer['name']!r:35} {layer['output']!r:30} {layer['parameters'] or 0:>12,}")
    print(f"{'total':66} {sum(layer['parameters'] or 0 for layer in layers):>12,}")
