"""Tables and figures of a study, one call each."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.errors import InputError
from bakeoff.report import figures
from bakeoff.report._run_views import Verdict, as_it_is
from bakeoff.report._text import shown
from bakeoff.report.figures import ReportFigure

if TYPE_CHECKING:
    import polars as pl

__all__ = ["StudyViews"]


class StudyViews:
    """What can be looked at of a study.

    Attributes
    ----------
    folder : Path
    results : mapping
        The content of ``study.json``.

    Notes
    -----
    A study of several questions is asked by factor; one of a single question needs no name.
    """

    folder: Path
    results: Mapping[str, Any]

    def question(self, factor: str | None = None) -> Mapping[str, Any]:
        """Everything that is known of one factor, as in ``study.json``.

        Raises
        ------
        InputError
            If the study has no such factor, or several and none is named.
        """
        questions: Sequence[Mapping[str, Any]] = self.results["questions"]
        known = [question["factor"] for question in questions]
        if factor is None and len(questions) == 1:
            return questions[0]
        if factor not in known:
            raise InputError(f"no factor {factor!r:.100} in {self.folder.name}; it has {', '.join(known)}")
        return questions[known.index(factor)]

    def answer(self, factor: str | None = None) -> Verdict:
        """The answer in words."""
        return Verdict(" ".join(self.question(factor)["answer"]))

    def levels(self, factor: str | None = None) -> "pl.DataFrame":
        """A line for each level: score with its band, training score, gap, seconds. ``.to_pandas()`` is pandas'."""
        import polars as pl  # noqa: PLC0415 - heavy

        question = self.question(factor)
        metric = question["metric"]
        lines = []
        for level in question["levels"]:
            score, train = (level["scores"] or {}).get(metric, {}), (level["train"] or {}).get(metric, {})
            lines.append(
                {
                    "level": level["label"],
                    "by": level["by"],
                    metric: score.get("mean"),
                    "low": score.get("low"),
                    "high": score.get("high"),
                    "training": train.get("mean"),
                    "gap": (level["gap"] or {}).get("mean"),
                    "parameters": level["parameters"],
                    "seconds": level["seconds"],
                    "status": level["status"],
                }
            )
        frame = pl.DataFrame(lines, infer_schema_length=None)
        return frame if question["by"] is not None else frame.drop("by")

    def plot(self, factor: str | None = None) -> ReportFigure:
        """The curve of one factor, with its bands."""
        question = self.question(factor)
        metric, known = question["metric"], [level for level in question["levels"] if level["scores"]]
        if not known:
            raise InputError(f"no level of {question['factor']} has a score")
        if question["factor"] == "seeds":
            return figures.study_seeds(known[0]["scores"][metric]["values"], METRIC_NAMES[metric])
        by_title = None if question["by"] is None else shown(question["by_title"], 80)
        title = shown(question["title"], 80)
        return figures.study_curve(
            known, metric, title, METRIC_NAMES[metric], is_ordered=question["is_ordered"], by_title=by_title
        )

    def _repr_html_(self) -> str:
        lines = []
        for question in self.results["questions"]:
            answer = escape(shown(" ".join(question["answer"]), 2000))
            lines.append(f"<p><b>{escape(shown(question['title'], 80))}</b><br>{answer}</p>")
        return as_it_is("".join(lines))
