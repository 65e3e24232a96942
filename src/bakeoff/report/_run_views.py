"""Tables and figures of a run, one call each: what a notebook's cells are made of."""

from collections.abc import Mapping, Sequence
from html import escape as _escaped
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakeoff.errors import InputError
from bakeoff.report import figures
from bakeoff.report._run import Mistakes, read_run
from bakeoff.report._text import shown
from bakeoff.report.figures import ReportFigure

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RunViews", "Verdict", "as_it_is"]

_LONGEST = 200  # characters of a name
_METRICS = ("f1_macro", "accuracy", "f1_weighted", "log_loss")


def as_it_is(html: str) -> str:
    """HTML in which a notebook takes nothing between dollar signs for mathematics."""
    return f'<div class="tex2jax_ignore mathjax_ignore">{html}</div>'


class Verdict(str):
    """The answer in words: a string that a notebook shows as a sentence."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return as_it_is(f"<p>{_escaped(self)}</p>")


class RunViews:
    """What can be looked at of a run.

    Attributes
    ----------
    folder : Path
    results : mapping
        The content of ``results.json``.

    Notes
    -----
    Contestants are asked for by name, or by their place in the leaderboard from 0. Everything is of the rows that
    decide: test rows where their labels were opened, else validation rows.
    """

    folder: Path
    results: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Folder name of the run."""
        return self.folder.name

    @property
    def verdict(self) -> Verdict:
        """The answer in words."""
        return Verdict(self.results.get("verdict") or "This run came to no verdict.")

    @property
    def leaderboard(self) -> "pl.DataFrame":
        """Every contestant, best first: scores with the interval of the metric that decides, seeds and seconds.

        ``.to_pandas()`` makes a pandas frame of it.
        """
        import polars as pl  # noqa: PLC0415 - only here

        metric = self.results["protocol"]["primary_metric"]
        others = [name for name in _METRICS if name != metric]
        lines = []
        for entry in self.results["contestants"]:
            scores = entry[self.part] or {}
            score, seconds = scores.get(metric) or {}, entry["seconds"]
            lines.append(
                {
                    "contestant": shown(entry["name"], _LONGEST),
                    "family": entry["family"],
                    metric: score.get("mean"),
                    "low": score.get("low"),
                    "high": score.get("high"),
                    **{name: (scores.get(name) or {}).get("mean") for name in others},
                    "seeds": len(entry.get("seeds_scored", entry["seeds"])),
                    "fit_seconds": None if seconds["fit"] is None else seconds["fit"] + seconds["compile"],
                    "predict_one_ms": seconds["predict_one_ms"],
                    "status": entry["status"],
                }
            )
        return pl.DataFrame(lines, infer_schema_length=None)

    @property
    def findings(self) -> "pl.DataFrame":
        """What the checks found, the gravest first."""
        import polars as pl  # noqa: PLC0415

        keys = ("code", "severity", "title", "detail")
        columns = {key: [shown(finding[key], 4000) for finding in self.results["findings"]] for key in keys}
        return pl.DataFrame(columns, schema=dict.fromkeys(keys, pl.String))

    @property
    def part(self) -> str:
        """``"test"`` or ``"validation"``: the rows that decide."""
        return str(self.results["protocol"]["decided_on"])

    @property
    def contestants(self) -> tuple[str, ...]:
        """The names, best first."""
        return tuple(str(entry["name"]) for entry in self.results["contestants"])

    def plot_leaderboard(self) -> ReportFigure:
        """Scores with intervals, and a stroke for each seed."""
        return figures.leaderboard(self.results["contestants"], self.results["protocol"]["primary_metric"])

    def plot_history(
        self, metrics: Sequence[str] = ("loss", "accuracy", "f1"), contestant: str | int | None = None
    ) -> ReportFigure:
        """Curves over the epochs, training and validation.

        Parameters
        ----------
        metrics : sequence of str
            ``"loss"``, ``"accuracy"``, ``"f1"``, ``"learning_rate"``: a panel each.
        contestant : str or int, optional
            None: the best that has epochs.
        """
        if contestant is None:
            entry = next((entry for entry in self.results["contestants"] if entry["history"]), None)
            if entry is None:
                raise InputError(f"{self.name}: no contestant was trained in epochs.")
        else:
            entry = self._entry(contestant)
        histories = [each for each in entry["history"] if each["stage"] != "refit"] or entry["history"]
        if not histories:
            raise InputError(f"{entry['name']} was not trained in epochs: it has no history.")
        return figures.history(histories, tuple(metrics))

    def confusion(self, contestant: str | int) -> ReportFigure:
        """Which class is taken for which."""
        entry = self._entry(contestant)
        matrix = (entry["confusion"] or {}).get(self.part)
        if matrix is None:
            raise InputError(f"{entry['name']} has no predictions of {self.part} rows.")
        return figures.confusion_matrix(matrix, self.results["data"]["class_names"])

    def per_class(self, contestant: str | int) -> "pl.DataFrame":
        """Precision, recall, F1 and number of rows of each class."""
        import polars as pl  # noqa: PLC0415

        entry = self._entry(contestant)
        lines = (entry["per_class"] or {}).get(self.part)
        if lines is None:
            raise InputError(f"{entry['name']} has no predictions of {self.part} rows.")
        names, keys = self.results["data"]["class_names"], ("precision", "recall", "f1", "support")
        return pl.DataFrame(
            [{"class": shown(names[line["class"]], _LONGEST), **{key: line[key] for key in keys}} for line in lines]
        )

    def mistakes(self, contestant: str | int) -> ReportFigure:
        """The rows that it got most wrong; of validation rows, so that the test rows stay unseen."""
        entry = self._entry(contestant)
        found = read_run(self.folder).mistakes(entry["name"])
        if found is None:
            raise InputError(f"{self.name}: no pictures of mistakes were kept of {entry['name']}.")
        return _mistakes(found, self.results["data"]["class_names"])

    def _entry(self, contestant: str | int) -> Mapping[str, Any]:
        entries: Sequence[Mapping[str, Any]] = self.results["contestants"]
        if isinstance(contestant, str):
            named = [entry for entry in entries if entry["name"] == contestant]
            if not named:
                raise InputError(f"no contestant {contestant!r} in {self.name}; it has {', '.join(self.contestants)}")
            return named[0]
        if not 0 <= contestant < len(entries):
            raise InputError(f"{self.name} has {len(entries)} contestants, from 0. Got {contestant}.")
        return entries[contestant]

    def _repr_html_(self) -> str:
        parts = (f"<h4>{_escaped(self.name)}</h4>", self.verdict._repr_html_(), self.leaderboard._repr_html_())
        return as_it_is("".join(parts))


def _mistakes(found: Mistakes, class_names: Sequence[str]) -> ReportFigure:
    names = dict(enumerate(class_names))
    said, true = ([names.get(int(label), "no class") for label in labels] for labels in (found.said, found.true))
    return figures.mistakes(found.images, said, true, found.confidence)
