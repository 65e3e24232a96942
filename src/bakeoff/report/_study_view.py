"""From a study's folder to the view model of its report."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.errors import StoreError
from bakeoff.report._format import count, moment
from bakeoff.report._study_blocks import question_blocks
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Code, Section, View, Words

__all__ = ["STUDY_JSON", "is_study_folder", "study_view"]

STUDY_JSON = "study.json"
_SCHEMA = 1
_LIMIT_BYTES = 64 * 1024**2


def is_study_folder(folder: str | Path) -> bool:
    """Whether a folder below ``runs/`` is one of a study."""
    return (Path(folder) / STUDY_JSON).is_file()


def study_view(folder: str | Path) -> View:
    """What a study's report says, as plain data.

    Raises
    ------
    StoreError
        If ``study.json`` cannot be read, or was written by a later release.
    """
    results = _read(Path(folder) / STUDY_JSON)
    questions = results["questions"]
    first = questions[0]
    data = results["data"]
    headline, *rest = _headline(results)
    facts = [
        ("Rows scored", count(first["n_rows"])),
        ("Seeds", count(max(question["n_seeds"] for question in questions))),
        ("Fits", count(sum(level["n_fits"] for question in questions for level in question["levels"]))),
        ("Classes", count(data.get("n_classes"))),
    ]
    return View(
        title=shown(results["name"], 120),
        created=moment(results["created"]),
        verdict=headline,
        verdict_rest=" ".join(rest),
        facts=tuple(facts),
        sections=(*(_section(question) for question in questions), *_conclusions(results), _record(results)),
        kicker="Study",
        heading="Answer",
        source=STUDY_JSON,
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise StoreError(f"{path}: at most {_LIMIT_BYTES // 1024**2} MiB are read, it is larger.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: cannot be read ({error}).") from None
    if not isinstance(content, dict) or content.get("schema") != _SCHEMA:
        raise StoreError(f"{path}: this release reads schema {_SCHEMA}. Use the release that wrote it, or a later one.")
    return content


def _headline(results: Mapping[str, Any]) -> Sequence[str]:
    questions = results["questions"]
    if len(questions) == 1:
        return [shown(sentence, 600) for sentence in questions[0]["answer"]]
    titles = [str(question["title"]).lower() for question in questions]
    return [f"{len(questions)} questions, each with its evidence: {', '.join(titles)}."]


def _section(question: Mapping[str, Any]) -> Section:
    title = shown(question["title"], 80)
    heading = title if question["by"] is None else f"{title} by {shown(question['by_title'], 80).lower()}"
    name = f"study-{question['factor']}"
    return Section(name, heading, question_blocks(question, name))


def _conclusions(results: Mapping[str, Any]) -> Sequence[Section]:
    """What a course notebook says of these questions, where the answers here are others."""
    sections = []
    for entry in results.get("remarks") or ():
        words = tuple(Words(shown(text, 1200)) for text in entry["sentences"])
        sections.append(Section(str(entry["name"]), shown(entry["title"], 120), words))
    return sections


def _record(results: Mapping[str, Any]) -> Section:
    base, protocol = results["base"], results["protocol"]
    seeds = min((question.get("seeds") or protocol["seeds"] for question in results["questions"]), key=len)
    settings = ", ".join(f"{key}: {_plain(value)}" for key, value in base["settings"].items())
    blocks: list[Block] = [
        Words(
            f"The base network, “{shown(base['name'], 80)}” ({shown(base['family'], 40)}), has {shown(settings, 1200)}."
            " What a level does not change is as it is here."
        ),
        Words(
            f"Every level trains with the seeds {', '.join(map(str, seeds))}, matched: networks of one "
            "seed see the same rows in the same order. Scores are of validation rows, which share no group with "
            f"training rows; {_sealed(results)}"
        ),
    ]
    if results.get("command"):
        blocks.append(Code(shown(results["command"], 2000), "The same again"))
    return Section("record", "How this was done", tuple(blocks))


def _sealed(results: Mapping[str, Any]) -> str:
    if results["protocol"]["validation"] == "folds":
        return "no test label is opened, but a bake-off in folds scores the same rows: do not choose by a study there."
    return "the test rows stay sealed."


def _plain(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
