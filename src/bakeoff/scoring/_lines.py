"""The scores of submissions, and how they stand to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.compare import (
    CompareOptions,
    Comparison,
    Estimate,
    VerdictFacts,
    compare,
    row_losses,
    summarise,
    verdict,
)
from bakeoff.scoring._classes import ClassList
from bakeoff.scoring._scoreboard import ScoreLine
from bakeoff.scoring._submission import Entry, Submission
from bakeoff.types import Groups, Metric

__all__ = ["Judged", "ScoreOptions", "Truth", "score_lines"]

_MOST_COMPARED = 200


@dataclass(frozen=True)
class ScoreOptions:
    """How submissions are scored.

    Parameters
    ----------
    workspace : Path
        Whose record the opening goes into; also where runs are looked up by name.
    metric : Metric or None
        The one that decides. None: of a single run, its own primary metric; else macro F1.
    label, group : str or None
        Columns of the labels file.
    margin : float
        Two whose difference surely lies within it are called equal.
    confidence : float
        Of all intervals of the comparison together.
    """

    workspace: Path = Path()
    metric: Metric | None = None
    label: str | None = None
    group: str | None = None
    margin: float = 0.005
    confidence: float = 0.95


@dataclass(frozen=True, eq=False)
class Truth:
    """The labels as indices of the common classes, and what is known of the rows.

    Parameters
    ----------
    y : (n,) int64
    groups : (n,) int64 or None
    class_names : sequence of str
    """

    y: NDArray[np.int64]
    groups: Groups | None
    class_names: Sequence[str]


@dataclass(frozen=True, eq=False)
class Judged:
    """Who is compared with whom, and on what.

    Of one submission all contestants are compared. Of several, each is judged by the contestant that did best on its
    own validation rows: to take the one that does best on the test rows would be to choose on them.

    Parameters
    ----------
    entries : mapping of name to (Submission, Entry)
        By the name of the contestant or of the submission.
    is_class : bool
        Whether there are several submissions.
    classes : ClassList
    metric : Metric
    options : ScoreOptions
    """

    entries: Mapping[str, tuple[Submission, Entry]]
    is_class: bool
    classes: ClassList
    metric: Metric
    options: ScoreOptions

    @classmethod
    def of(cls, scored: Mapping[str, Submission], classes: ClassList, options: ScoreOptions) -> "Judged":
        """Choose by the submissions' own validation scores."""
        is_class = len(scored) > 1
        entries = {
            name if is_class else entry.name: (one, entry)
            for name, one in scored.items()
            for entry in one.entries
            if not entry.problem and (entry.name == one.chosen or not is_class)
        }
        declared = None if is_class else next((one.metric for one in scored.values()), None)
        return cls(entries, is_class, classes, options.metric or declared or "f1_macro", options)

    def compare(self, truth: Truth) -> list[Comparison]:
        """Every two of them on the same rows; none where there are too many."""
        material = {
            name: known
            for name, (one, entry) in self.entries.items()
            if (known := _material(self.metric, one, entry, (self.classes, truth))) is not None
        }
        if not 2 <= len(material) <= _MOST_COMPARED:
            return []
        options = CompareOptions(
            metric=self.metric,
            margin=self.options.margin,
            confidence=self.options.confidence,
            deterministic=[name for name, (_, entry) in self.entries.items() if not entry.is_random],
            paired_seeds=self._paired(),
        )
        return compare(material, truth.y, truth.groups, len(truth.class_names), options)

    def _paired(self) -> list[list[str]]:
        """Networks of one run whose replicates share their batches; those of two runs share nothing."""
        sharing: dict[tuple[Any, ...], list[str]] = {}
        if not self.is_class:
            for name, (_, entry) in self.entries.items():
                if entry.shares is not None:
                    sharing.setdefault(entry.shares, []).append(name)
        return [names for names in sharing.values() if len(names) > 1]

    def verdict(self, lines: Sequence[ScoreLine], comparisons: Sequence[Comparison], truth: Truth) -> str:
        """Who is best, and who cannot be told from the best."""
        by_place = {(line.submission, line.contestant): line for line in lines}
        estimates = {
            name: known
            for name, (one, entry) in self.entries.items()
            if (known := by_place[one.name, entry.name].scores.get(self.metric)) is not None
        }
        if not estimates:
            return "Nothing could be scored."
        if len(estimates) > _MOST_COMPARED:
            return f"More than {_MOST_COMPARED} submissions are not compared with each other."
        facts = VerdictFacts(metric=self.metric, margin=self.options.margin, grouped=truth.groups is not None)
        return verdict(estimates, comparisons, facts)


def score_lines(one: Submission, judged: Judged, truth: Truth) -> list[ScoreLine]:
    """A line for each contestant of a submission, with all metrics."""
    lines = []
    for entry in one.entries:
        if entry.problem:
            lines.append(ScoreLine(one.name, entry.name, problem=entry.problem))
            continue
        scores = {metric: _score(metric, one, entry, (judged, truth)) for metric in get_args(Metric)}
        lines.append(ScoreLine(one.name, entry.name, entry.seeds, entry.name == one.chosen, scores))
    return lines


def _score(metric: Metric, one: Submission, entry: Entry, by: tuple[Judged, Truth]) -> Estimate | None:
    judged, truth = by
    material = _material(metric, one, entry, (judged.classes, truth))
    if material is None:
        return None
    options = CompareOptions(metric=metric, confidence=judged.options.confidence)
    n_classes = len(truth.class_names)
    return summarise(material, truth.y, truth.groups, n_classes, options, deterministic=not entry.is_random)


def _material(metric: Metric, one: Submission, entry: Entry, by: tuple[ClassList, Truth]) -> ArrayLike | None:
    """Predictions as indices of the common classes, or for the log loss the losses of the rows."""
    classes, truth = by
    # Which of the common classes each of the submission's own is, by its label or else by its name; -1 for none.
    by_label, by_name = classes.indices(one.classes), classes.indices(one.class_names)
    own = np.where(by_label >= 0, by_label, by_name)
    if metric != "log_loss":
        inside = (entry.labels >= 0) & (entry.labels < len(own))
        labels: NDArray[np.int64] = np.where(inside, own[np.where(inside, entry.labels, 0)], -1)
        return labels
    if entry.probabilities is None:
        return None
    # A class that the submission never heard of takes the column of zeros behind the others.
    columns = np.full(len(classes.names), entry.probabilities.shape[2])
    columns[own[own >= 0]] = np.flatnonzero(own >= 0)
    padded = np.pad(entry.probabilities, ((0, 0), (0, 0), (0, 1)))
    return np.stack([row_losses(truth.y, probabilities[:, columns]) for probabilities in padded])
