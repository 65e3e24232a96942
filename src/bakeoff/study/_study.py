"""A whole study: fit every cell, measure, answer, and leave it in a folder below ``runs/``."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bakeoff.contest import (
    ContestOptions,
    Event,
    Fit,
    Fitter,
    FittingOptions,
    Logged,
    RunFolder,
    Said,
    SealedRows,
    examine,
    workplace,
)
from bakeoff.data import card
from bakeoff.errors import StoreError
from bakeoff.recipe import dump_recipe
from bakeoff.store import RunRecord, Store
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
        path = self.folder / STUDY_JSON
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{path}: cannot be read: {error}") from None
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise StoreError(f"{path}: is not of schema {SCHEMA}, which this release of Bakeoff reads")
        return content

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
    with Store(options.workspace) as store:
        folder = RunFolder(options.workspace, recipe.name)
        created = folder.created.isoformat(timespec="seconds")
        record = RunRecord(folder.path.name, created, recipe.name, dataset.sha256, "running", "")
        store.save_run(record)
        try:
            fits, environment = _fit_all(planned, SealedRows(dataset, store, folder.path.name), folder, options)
            results = _results(planned, fits, created, options)
            folder.write_json("environment.json", environment)
            folder.write_json(STUDY_JSON, results)
            folder.write_table("levels.csv", *_table(results))
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            # The disk may be the reason: what cannot be written down now must not hide it.
            with suppress(OSError, StoreError):
                folder.log(f"{status}: {error}")
                store.save_run(replace(record, status=status))
            raise
        study = Study(folder.path.resolve())
        status = "failed fits" if study.exit_status else "done"
        store.save_run(replace(record, status=status, verdict=results["questions"][0]["answer"][0]))
    return study


def _fit_all(
    planned: StudyPlan, rows: SealedRows, folder: RunFolder, options: ContestOptions
) -> tuple[dict[str, list[Fit]], dict[str, Any]]:
    def say(event: Event) -> None:
        if isinstance(event, Said | Logged):
            folder.log(event.text)
        options.listen(event)

    folder.write_text("recipe.yaml", dump_recipe(planned.recipe))
    for sentence in planned.plan.dataset.decisions:
        say(Said(sentence))
    with workplace(rows, planned.plan.threads, options, folder) as (rows_file, executor):
        environment: dict[str, Any] = executor.run(examine, True)
        fitting = FittingOptions(executor, say, options.retime, options.checkpoint_seconds)
        fitter = Fitter(planned.plan, rows, rows_file, fitting)
        fits = {one.contestant.name: fitter.fit_all(one) for one in planned.plan.contestants}
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
