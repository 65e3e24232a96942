"""The scores of submissions, and how they stand to each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

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
from bakeoff.contest import material, sharing_seeds
from bakeoff.errors import DataError
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
    """The labels as class indices, and what is known of the rows.

    Parameters
    ----------
    y : (n,) int32
    groups : (n,) int64 or None
    class_names : sequence of str
    names_rows : bool
        Whether the labels say which rows they belong to.
    """

    y: NDArray[np.int32]
    groups: Groups | None
    class_names: Sequence[str]
    names_rows: bool


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
    metric : Metric
    options : ScoreOptions
    """

    entries: Mapping[str, tuple[Submission, Entry]]
    is_class: bool
    metric: Metric
    options: ScoreOptions

    @classmethod
    def of(cls, scored: Mapping[str, Submission], options: ScoreOptions) -> "Judged":
        """Choose by the submissions' own validation scores."""
        is_class = len(scored) > 1
        entries = {
            name if is_class else entry.name: (one, entry)
            for name, one in scored.items()
            for entry in one.entries
            if not entry.problem and (entry.name == one.chosen or not is_class)
        }
        declared = None if is_class else next((one.metric for one in scored.values()), None)
        return cls(entries, is_class, options.metric or declared or "f1_macro", options)

    def compare(self, truth: Truth) -> list[Comparison]:
        """Every two of them on the same rows; none where there are too many."""
        known = {
            name: given
            for name, (one, entry) in self.entries.items()
            if (given := _material(self.metric, one, entry, truth)) is not None
        }
        if not 2 <= len(known) <= _MOST_COMPARED:
            return []
        options = CompareOptions(
            metric=self.metric,
            margin=self.options.margin,
            confidence=self.options.confidence,
            deterministic=[name for name, (_, entry) in self.entries.items() if not entry.is_random],
            paired_seeds=self._paired(),
        )
        return compare(known, truth.y, truth.groups, len(truth.class_names), options)

    def _paired(self) -> list[list[str]]:
        """Networks of one run whose replicates share their batches; those of two runs share nothing."""
        return [] if self.is_class else sharing_seeds({name: entry.shares for name, (_, entry) in self.entries.items()})

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
        checked = truth.names_rows and one.fingerprints is not None
        lines.append(
            ScoreLine(one.name, entry.name, entry.seeds, entry.name == one.chosen, scores, rows_checked=checked)
        )
    return lines


def _score(metric: Metric, one: Submission, entry: Entry, by: tuple[Judged, Truth]) -> Estimate | None:
    judged, truth = by
    known = _material(metric, one, entry, truth)
    if known is None:
        return None
    options = CompareOptions(metric=metric, confidence=judged.options.confidence)
    n_classes = len(truth.class_names)
    return summarise(known, truth.y, truth.groups, n_classes, options, deterministic=not entry.is_random)


def _material(metric: Metric, one: Submission, entry: Entry, truth: Truth) -> ArrayLike | None:
    """What the statistics take; no losses where the files of a submission were changed while it was scored."""
    try:
        return material(metric, entry.labels, _losses(one, entry, truth) if entry.has_probabilities else None)
    except DataError:
        return None


def _losses(one: Submission, entry: Entry, truth: Truth) -> Iterator[NDArray[np.float64]]:
    """Losses of the rows, seed by seed: the probabilities of one seed at a time are in memory."""
    known = np.flatnonzero(one.own >= 0)
    for probabilities in one.probabilities(entry):
        # A class that the submission never heard of takes the column of zeros behind the others.
        columns = np.full(len(truth.class_names), probabilities.shape[1])
        columns[one.own[known]] = known
        yield row_losses(columns[truth.y], np.pad(probabilities, ((0, 0), (0, 1))))
