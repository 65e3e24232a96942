"""From a search's folder to the view model of its report, and what can be looked at of it in a notebook."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.errors import InputError, StoreError
from bakeoff.report import figures
from bakeoff.report._format import count, moment
from bakeoff.report._run_views import as_it_is
from bakeoff.report._text import shown
from bakeoff.report._tuning_blocks import tuning_blocks
from bakeoff.report._view import Code, Section, View
from bakeoff.report.figures import ReportFigure

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TuningViews", "is_tuning_folder", "tuning_view"]

_TUNING_JSON = "tuning.json"
_SCHEMA = 1
_LIMIT_BYTES = 64 * 1024**2


def is_tuning_folder(folder: str | Path) -> bool:
    """Whether a folder below ``runs/`` is one of a search, and not of a run that had one."""
    return (Path(folder) / _TUNING_JSON).is_file() and not (Path(folder) / "results.json").is_file()


def tuning_view(folder: str | Path) -> View:
    """What a search's report says, as plain data.

    Raises
    ------
    StoreError
        If ``tuning.json`` cannot be read, or was written by a later release.
    """
    path = Path(folder) / _TUNING_JSON
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise StoreError(f"{path}: at most {_LIMIT_BYTES // 1024**2} MiB are read, it is larger.")
        results = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: cannot be read ({error}).") from None
    if not isinstance(results, dict) or results.get("schema") != _SCHEMA:
        raise StoreError(f"{path}: this release reads schema {_SCHEMA}. Use the release that wrote it, or a later one.")
    sections = [Section("tuning", "What was searched", tuning_blocks(results))]
    if results.get("command"):
        sections.append(
            Section("record", "How this was done", (Code(shown(results["command"], 2000), "The same again"),))
        )
    facts = (
        ("Contestants", count(len(results["searches"]))),
        ("Candidates", count(sum(entry["n_candidates"] for entry in results["searches"]))),
    )
    return View(
        title=shown(results["name"], 120),
        created=moment(results["created"]),
        verdict=shown(results["sentence"], 1000),
        verdict_rest=f"{shown(results['caution'], 400)} The folder's recipe.yaml holds the settings that were found.",
        facts=facts,
        sections=tuple(sections),
        kicker="Search",
        heading="Found",
        source=_TUNING_JSON,
    )


class TuningViews:
    """What can be looked at of a search.

    Attributes
    ----------
    folder : Path
    results : mapping
        The content of ``tuning.json``.
    """

    folder: Path
    results: Mapping[str, Any]

    @property
    def table(self) -> "pl.DataFrame":
        """A line for each contestant: candidates, seconds, its score as it was and the best, with fresh seeds too."""
        import polars as pl  # noqa: PLC0415 - heavy

        lines = [
            {
                "contestant": entry["name"],
                "candidates": entry["n_candidates"],
                "stopped_early": entry["n_stopped_early"],
                "seconds": entry["seconds"],
                "as_it_was": entry["as_it_was"],
                "best": (entry["best"] or {}).get("score"),
                "as_it_was_fresh": (entry["fresh_before"] or {}).get("mean"),
                "best_fresh": (entry["fresh"] or {}).get("mean"),
                "settings": json.dumps((entry["best"] or {}).get("settings")),
            }
            for entry in self.results["searches"]
        ]
        return pl.DataFrame(lines, infer_schema_length=None)

    def candidates(self, contestant: str) -> "pl.DataFrame":
        """A line for each candidate of a contestant.

        Raises
        ------
        InputError
            If it was not searched.
        """
        import polars as pl  # noqa: PLC0415 - heavy

        known = {entry["name"]: entry for entry in self.results["searches"]}
        if contestant not in known:
            raise InputError(f"no contestant {contestant!r:.100} in {self.folder.name}; it has {', '.join(known)}")
        lines = [{**each, "settings": json.dumps(each["settings"])} for each in known[contestant]["candidates"]]
        return pl.DataFrame(lines, infer_schema_length=None)

    def plot(self) -> ReportFigure:
        """Every candidate's score over the seconds spent."""
        return figures.trials(self.results["searches"], METRIC_NAMES[self.results["metric"]])

    def _repr_html_(self) -> str:
        return as_it_is(f"<p>{escape(shown(self.results['sentence'], 2000))}</p>")
