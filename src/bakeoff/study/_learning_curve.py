"""The learning curve of a workspace, for the reports of runs on the same training rows."""

import json
from pathlib import Path

from bakeoff.errors import StoreError
from bakeoff.store import write_atomically
from bakeoff.study._study import STUDY_JSON, Study

__all__ = ["LEARNING_CURVE_JSON", "keep_learning_curve"]

LEARNING_CURVE_JSON = "learning_curve.json"


def keep_learning_curve(run_folder: Path, workspace: Path, sha256_train: str) -> None:
    """Copy the newest study of training sizes on these rows into a run's folder, if there is one.

    Parameters
    ----------
    run_folder : Path
    workspace : Path
    sha256_train : str
        Hash of the run's training rows.

    Raises
    ------
    StoreError
        If the run's folder cannot be written to.
    """
    found = []
    for path in (workspace / "runs").glob(f"*/{STUDY_JSON}"):
        study = Study(path.parent)
        try:
            results = study.results
        except StoreError:
            continue  # of another release, or damaged: its own report says so
        if results.get("data_sha256_train") != sha256_train:
            continue
        curves = [question for question in results["questions"] if question["factor"] == "train-size"]
        found += [(str(results["created"]), study.folder.name, results, question) for question in curves]
    if not found:
        return
    _, name, results, question = max(found, key=lambda one: one[:2])
    content = {"study": name, "command": results["command"], "base": results["base"]["name"], "question": question}
    write_atomically(run_folder / LEARNING_CURVE_JSON, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
