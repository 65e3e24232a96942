"""The outcome of scoring: a line for each submission and contestant, as a table, as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from bakeoff.compare import TURNED, Comparison, Estimate
from bakeoff.contest import harmless_cell
from bakeoff.data import LabelFile
from bakeoff.types import Metric

__all__ = ["ScoreLine", "Scoreboard"]

_STANDING = {
    "better": "behind",
    "worse": "ahead",
    "equal": "as good as the best",
    "undecided": "cannot be told from the best",
}
"""Where somebody stands, by what is decided of the best against him."""


@dataclass(frozen=True)
class ScoreLine:
    """One contestant of one submission.

    Parameters
    ----------
    submission, contestant : str
    seeds : sequence of int
        Empty where it is not known what they were.
    chosen : bool
        Whether the submission is judged by it.
    scores : mapping of metric to Estimate or None
    problem : str
        Why there is no score; empty where there is one.
    rows_checked : bool
        Whether the rows that were predicted are known to be those of the labels; else only their number is known.
    """

    submission: str
    contestant: str
    seeds: Sequence[int] = ()
    chosen: bool = False
    scores: Mapping[Metric, Estimate | None] = field(default_factory=dict)
    problem: str = ""
    rows_checked: bool = False


@dataclass(frozen=True, eq=False)
class Scoreboard:
    """All submissions, scored by the same labels.

    Parameters
    ----------
    labels : LabelFile
    classes : sequence of str
    n_groups : int or None
        Groups of the test rows, where the labels know them.
    names_rows : bool
        Whether the labels say which rows they belong to.
    metric : Metric
        The one that decides.
    options : mapping
        Margin and confidence.
    lines : sequence of ScoreLine
    is_class : bool
        Whether there are several submissions, of which each is judged by one contestant.
    comparisons : sequence of Comparison
    notes : sequence of str
        What whoever keeps the labels should know of them.
    openings : sequence of str
        How often the labels were opened, in words.
    verdict : str
    """

    labels: LabelFile
    classes: Sequence[str]
    n_groups: int | None
    names_rows: bool
    metric: Metric
    options: Mapping[str, float]
    lines: Sequence[ScoreLine]
    is_class: bool
    comparisons: Sequence[Comparison]
    notes: Sequence[str]
    openings: Sequence[str]
    verdict: str

    @property
    def ranked(self) -> list[ScoreLine]:
        """The best first; those without a score last, in the order in which they were handed in."""
        sign = 1 if self.metric == "log_loss" else -1

        def rank(line: ScoreLine) -> tuple[bool, float]:
            known = line.scores.get(self.metric)
            return (known is None, sign * known.mean if known is not None else 0.0)

        return sorted(self.lines, key=rank)

    def standing(self, line: ScoreLine) -> str:
        """What can be said of a line against the best one; empty where it was not compared."""
        compared = {name for pair in self.comparisons for name in (pair.a, pair.b)}
        best = next((one for one in self.ranked if self._name(one) in compared and self._is_compared(one)), None)
        if best is None or not self._is_compared(line) or self._name(line) not in compared:
            return ""
        if line is best:
            return "best"
        pair = next(one for one in self.comparisons if {one.a, one.b} == {self._name(best), self._name(line)})
        if pair.reason:
            return ""
        decision = pair.decision if pair.a == self._name(best) else TURNED[pair.decision]
        return _STANDING[decision]

    def to_json(self) -> str:
        """Everything, as JSON."""
        document = {
            "schema": 1,
            "labels": {"name": self.labels.name, "sha256": self.labels.sha256, "n_rows": len(self.labels.labels)},
            "classes": list(self.classes),
            "n_groups": self.n_groups,
            "metric": self.metric,
            **self.options,
            "scores": [self._as_json(line) for line in self.ranked],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
            "notes": list(self.notes),
            "openings": list(self.openings),
            "verdict": self.verdict,
        }
        return json.dumps(document, indent=1, ensure_ascii=False)

    def to_csv(self) -> str:
        """One line for each submission and contestant, with the intervals of all metrics."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        ends = [f"{metric}{end}" for metric in get_args(Metric) for end in ("", "_low", "_high")]
        writer.writerow(
            ["submission", "contestant", "judged_by", "seeds", *ends, "against_the_best", "rows_checked", "problem"]
        )
        for line in self.ranked:
            cells: list[object] = [
                line.submission,
                line.contestant,
                "yes" if line.chosen else "",
                len(line.seeds) or "",
            ]
            for metric in get_args(Metric):
                known = line.scores.get(metric)
                cells += ["", "", ""] if known is None else [known.mean, known.low, known.high]
            cells += [self.standing(line), "yes" if line.rows_checked else "no", line.problem]
            writer.writerow(harmless_cell(cell) for cell in cells)
        return buffer.getvalue()

    def _as_json(self, line: ScoreLine) -> dict[str, Any]:
        scores = {metric: None if known is None else asdict(known) for metric, known in line.scores.items()}
        return {
            "submission": line.submission,
            "contestant": line.contestant or None,
            "seeds": list(line.seeds),
            "chosen": line.chosen,
            "test": scores or None,
            "against_best": self.standing(line) or None,
            "rows_checked": line.rows_checked,
            "problem": line.problem or None,
        }

    def _name(self, line: ScoreLine) -> str:
        return line.submission if self.is_class else line.contestant

    def _is_compared(self, line: ScoreLine) -> bool:
        return bool(line.scores) and (line.chosen or not self.is_class)
