"""A whole study: fit every cell, measure, answer, and leave it in a folder below ``runs/``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bakeoff.contest import (
    ContestOptions,
    Fit,
    Fitter,
    FittingOptions,
    Recorded,
    Said,
    examine,
    read_of_schema,
    recorded,
    workplace,
)
from bakeoff.data import card
from bakeoff.recipe import dump_recipe
from bakeoff.study._answers import answer
from bakeoff.study._design import StudyPlan
from bakeoff.study._measure import measure
from bakeoff.study._remarks import remarks

__all__ = ["SCHEMA", "Study", "run_study"]

SCHEMA = 1
STUDY_JSON = "study.json"


@dataclass(frozen=True)
class Study:
    """A finished study, as its folder tells it.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @cached_property
    def results(self) -> Mapping[str, Any]:
        """What ``study.json`` holds; see ``docs/studies.md``."""
        return read_of_schema(self.folder / STUDY_JSON, SCHEMA)

    @property
    def answers(self) -> Mapping[str, Sequence[str]]:
        """The sentences on each factor."""
        return {question["factor"]: question["answer"] for question in self.results["questions"]}

    @property
    def exit_status(self) -> int:
        """0, or 1 where a fit failed or timed out."""
        levels = [level for question in self.results["questions"] for level in question["levels"]]
        return 0 if all(level["status"] == "ok" for level in levels) else 1


def run_study(planned: StudyPlan, options: ContestOptions) -> Study:
    """Run a planned study. The test rows, if there are any, stay sealed.

    Fits that the workspace has are not run again, so the same command after an interruption goes on where it was.

    Returns
    -------
    Study
        Its folder has everything but the report.

    Raises
    ------
    StoreError
        If the workspace cannot be written to.
    DeviceError
        If compiled code gives wrong answers on this machine.
    """
    recipe, dataset = planned.recipe, planned.plan.dataset
    with recorded(recipe.name, recipe.name, dataset, options) as frame:
        fits, environment = _fit_all(planned, frame, options)
        results = _results(planned, fits, frame.created, options)
        frame.folder.write_json("environment.json", environment)
        frame.folder.write_json(STUDY_JSON, results)
        frame.folder.write_table("levels.csv", *_table(results))
        study = Study(frame.folder.path.resolve())
        frame.end(results["questions"][0]["answer"][0], has_failed_fits=study.exit_status != 0)
    return study


def _fit_all(
    planned: StudyPlan, frame: Recorded, options: ContestOptions
) -> tuple[dict[str, list[Fit]], dict[str, Any]]:
    folder, rows, say = frame.folder, frame.rows, frame.listen
    folder.write_text("recipe.yaml", dump_recipe(planned.recipe))
    for sentence in planned.plan.dataset.decisions:
        say(Said(sentence))
    with workplace(rows.dataset, planned.plan.threads, options, folder) as (rows_file, executor):
        environment = {**executor.prepare(examine, True), "place": executor.place}
        fitting = FittingOptions(executor, say, options.retime, options.checkpoint_seconds)
        fitter = Fitter(planned.plan, rows, rows_file, fitting)
        fits = fitter.fit_all(planned.plan.contestants)
    return fits, environment


def _results(
    planned: StudyPlan, fits: Mapping[str, Sequence[Fit]], created: str, options: ContestOptions
) -> dict[str, Any]:
    protocol, dataset = planned.recipe.protocol, planned.plan.dataset
    questions = []
    for factor, by, cells in planned.questions:
        measured = measure((factor, by), cells, fits, dataset, protocol)
        questions.append({**measured, "answer": answer(measured)})
    is_whole = {question["factor"] for question in questions} >= {"width", "depth", "seeds"}
    return {
        "schema": SCHEMA,
        "name": planned.recipe.name,
        "created": created,
        "command": options.command,
        "data": card(dataset),
        "data_sha256_train": dataset.sha256_train,
        "base": {"name": planned.base.name, "family": planned.base.family, "settings": dict(planned.base.settings)},
        "protocol": {
            "validation": planned.plan.parts.validation,
            "primary_metric": protocol.primary_metric,
            "seeds": list(protocol.seeds),
            "confidence": protocol.confidence,
            "margin": protocol.margin,
            "threads": planned.plan.threads,
        },
        "questions": questions,
        "remarks": remarks(dataset, questions) if is_whole else [],
    }


def _table(results: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    """A line for each level, for spreadsheets."""
    header = ["factor", "level", "by", "status", "score", "low", "high", "train", "gap", "parameters", "seconds"]
    lines: list[list[object]] = []
    for question in results["questions"]:
        metric = question["metric"]
        for level in question["levels"]:
            score = (level["scores"] or {}).get(metric, {})
            lines.append(
                [
                    question["factor"],
                    level["label"],
                    level["by"],
                    level["status"],
                    score.get("mean"),
                    score.get("low"),
                    score.get("high"),
                    (level["train"] or {}).get(metric, {}).get("mean"),
                    (level["gap"] or {}).get("mean"),
                    level["parameters"],
                    level["seconds"],
                ]
            )
    return header, lines
