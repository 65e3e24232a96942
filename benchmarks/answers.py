"""The answers of whole notebook studies as a page: what every question came to, with its levels.

Usage: bakeoff study notebook mnist; bakeoff study notebook sign-mnist
       python benchmarks/answers.py runs/mnist-notebook-* runs/sign-mnist-notebook-* --write docs/answers.md
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.study import Study

MARKS = ("<!-- measured -->", "<!-- /measured -->")


def levels_of(question: Mapping[str, Any]) -> str:
    """One line a level."""
    metric, is_split = question["metric"], question["factor"] == "split"
    extra = " rows held back |" if is_split else ""
    lines = [
        f"| {question['title'].lower()} | {metric} | band |{extra} training | gap, points | one fit |",
        f"|---|---:|---|{'---:|' if is_split else ''}---:|---:|---:|",
    ]
    for level in question["levels"]:
        if level["scores"] is None:
            lines.append(f"| {level['label']} | {level['status']} | {level['reason']} |")
            continue
        score, train = level["scores"][metric], level["train"][metric]["mean"]
        band = "too few groups" if score["low"] is None else f"{score['low']:.4f} to {score['high']:.4f}"
        held = f" {level['held']['mean']:.4f} |" if is_split else ""
        lines.append(
            f"| {level['label']} | {score['mean']:.4f} | {band} |{held} {train:.4f} | "
            f"{100 * level['gap']['mean']:.1f} | {level['seconds']:.2f} s |"
        )
    return "\n".join(lines)


def page_of(study: Study) -> str:
    results = study.results
    parts = [f"## {results['name'].removesuffix('-notebook')}"]
    data, first = results["data"], results["questions"][0]
    unit = "rows" if first["n_groups"] == first["n_rows"] else f"rows in {first['n_groups']:,} groups"
    parts.append(
        f"{data['n_train']:,} training rows, scored on {first['n_rows']:,} validation {unit}; the base network is "
        f"“{results['base']['name']}”, {results['base']['settings']['epochs']} epochs of batches of "
        f"{results['base']['settings']['batch_size']}. Typed: `{results['command']}`."
    )
    for question in results["questions"]:
        parts += [f"### {question['title']}", " ".join(question["answer"]), levels_of(question)]
    for remark in results["remarks"]:
        parts += [f"### {remark['title']}", *remark["sentences"]]
    return "\n\n".join(parts)


def write(path: Path, studies: Sequence[Study]) -> None:
    page = path.read_text()
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    measured = "\n\n".join(page_of(study) for study in studies)
    path.write_text(f"{before}{MARKS[0]}\n\n{measured}\n\n{MARKS[1]}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="answers")
    parser.add_argument("folders", nargs="+", type=Path, metavar="STUDY")
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put it between the page's marks")
    options = parser.parse_args()
    studies = [Study(folder) for folder in options.folders]
    if options.write:
        write(options.write, studies)
    else:
        print("\n\n".join(page_of(study) for study in studies))


if __name__ == "__main__":
    main()
