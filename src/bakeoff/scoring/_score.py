"""Score what was predicted without labels, by labels that were kept elsewhere.

The one who has the labels runs this. Every submission is one opening of them, on record before the first comparison.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.contest import open_run, opening_sentences, times_words
from bakeoff.data import LabelFile, read_label_file
from bakeoff.errors import DataError, InputError
from bakeoff.scoring._classes import ClassList, common_classes
from bakeoff.scoring._find import find_submissions
from bakeoff.scoring._lines import Judged, ScoreOptions, Truth, score_lines
from bakeoff.scoring._scoreboard import Scoreboard, ScoreLine
from bakeoff.scoring._submission import Submission, read_submission
from bakeoff.store import Fingerprints, Store, fingerprint_rows

__all__ = ["score_submissions"]


def score_submissions(paths: Sequence[str | Path], labels: str | Path, options: ScoreOptions) -> Scoreboard:
    """Score runs and tables of predicted labels.

    Parameters
    ----------
    paths : sequence of path
        Folders of runs, names of runs of the workspace, CSV files of predicted labels, or folders of all these.
    labels : path
        See `bakeoff.data.read_label_file`.
    options : ScoreOptions

    Returns
    -------
    Scoreboard
        A damaged submission has a line that says so; the others are scored all the same.

    Raises
    ------
    InputError
        If the labels cannot be used, or nothing was handed in.
    StoreError
        If the opening cannot be recorded.
    """
    known = read_label_file(Path(labels), options.label, options.group)
    found = find_submissions([_resolved(path, options.workspace) for path in paths])
    found = {name: path for name, path in found.items() if path.resolve() != Path(labels).resolve()}
    submissions, problems = _read_all(found, len(known.labels))
    fingerprints, own_rows = _rows_of(known, submissions)
    for name, one in list(submissions.items()):
        try:
            submissions[name] = _in_order(one, fingerprints)
        except DataError:
            problems[name] = f"predicted other test rows than {own_rows}"
            del submissions[name]
    classes = common_classes(known, list(submissions.values()))
    problems |= {name: problem for name, one in submissions.items() if (problem := _stranger(one, classes))}
    scored = {name: one for name, one in submissions.items() if name not in problems}
    groups = known.groups if known.groups is not None else _agreed([one.groups for one in scored.values()])
    # Without any word on the rows, the labels in their order stand for them.
    rows = fingerprints if fingerprints is not None else _places(known)
    sentences = _record(options.workspace, rows, scored)
    truth = Truth(classes.indices(known.labels), groups, classes.names)
    judged = Judged.of(scored, classes, options)
    lines = [line for one in scored.values() for line in score_lines(one, judged, truth)]
    lines += [ScoreLine(name, "", problem=problem) for name, problem in problems.items()]
    comparisons = judged.compare(truth)
    return Scoreboard(
        labels=known,
        classes=classes.names,
        n_groups=None if groups is None else len(np.unique(groups)),
        metric=judged.metric,
        options={"margin": options.margin, "confidence": options.confidence},
        lines=lines,
        is_class=judged.is_class,
        comparisons=comparisons,
        openings=sentences,
        verdict=judged.verdict(lines, comparisons, truth),
    )


# Read ----------------------------------------------------------------------------------------------------------


def _resolved(path: str | Path, workspace: Path) -> Path:
    """A path, or the folder of a run of the workspace that has this name."""
    if Path(path).exists() and Path(path).name != "latest":
        return Path(path)
    try:
        return open_run(path, workspace).folder
    except InputError:
        return Path(path)


def _read_all(found: Mapping[str, Path], n_rows: int) -> tuple[dict[str, Submission], dict[str, str]]:
    submissions: dict[str, Submission] = {}
    problems: dict[str, str] = {}
    for name, path in found.items():
        try:
            submissions[name] = read_submission(name, path, n_rows)
        except DataError as error:
            problems[name] = error.problems[0] + (" (and more)" if len(error.problems) > 1 else "")
    return submissions, problems


def _rows_of(known: LabelFile, submissions: Mapping[str, Submission]) -> tuple[Fingerprints | None, str]:
    """What names the test rows: the labels file says it, or else most of the runs."""
    if known.fingerprints is not None:
        return known.fingerprints, f"those of {known.name}"
    if known.X is not None:
        return fingerprint_rows(known.X), f"those of {known.name}"
    return _agreed([one.fingerprints for one in submissions.values()]), "most of the runs"


def _agreed(stated: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    """What most of those say that say anything; the first of them on a tie."""
    known = {each.tobytes(): each for each in stated if each is not None}
    counts = Counter(each.tobytes() for each in stated if each is not None)
    return known[counts.most_common(1)[0][0]] if counts else None


def _in_order(one: Submission, fingerprints: Fingerprints | None) -> Submission:
    """The submission with its rows in the order of the labels.

    Raises
    ------
    DataError
        If it says that it predicted other rows.
    """
    if one.fingerprints is None or fingerprints is None or np.array_equal(one.fingerprints, fingerprints):
        return one
    own, wanted = np.argsort(one.fingerprints, kind="stable"), np.argsort(fingerprints, kind="stable")
    if not np.array_equal(one.fingerprints[own], fingerprints[wanted]):
        raise DataError("other rows")
    order = np.empty_like(own)
    order[wanted] = own  # rows that are equal are predicted alike: which of them is which does not matter
    return one.reordered(order)


def _stranger(one: Submission, classes: ClassList) -> str:
    """Why none of its predictions could ever be right, if that is so."""
    if any(name in classes.index for name in (*one.classes, *one.class_names)):
        return ""
    said, wanted = (", ".join(name[:40] for name in names[:6]) for names in (one.classes, classes.names))
    return (
        f"none of what it predicts ({said}) is one of the classes ({wanted}{', …' if len(classes.names) > 6 else ''})"
    )


def _places(known: LabelFile) -> Fingerprints:
    name = "\x1f".join(known.labels).encode()
    seed = blake2b(name, digest_size=16).digest()
    digests = (blake2b(f"{row}".encode(), digest_size=8, key=seed).digest() for row in range(len(known.labels)))
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _record(workspace: Path, rows: Fingerprints, scored: Mapping[str, Submission]) -> list[str]:
    """Write every opening down, and say how often these labels were opened before."""
    if not scored:
        return []
    with Store(workspace) as store:
        sentences = opening_sentences(store.opening_history(rows), this_run="")
        for name, one in scored.items():
            names = ", ".join(entry.name for entry in one.entries if not entry.problem)
            store.record_opening(rows, name[:200], f"bakeoff score: {names}"[:500])
    times = "once" if len(scored) == 1 else f"{times_words(len(scored))}, once for each submission"
    return [*sentences, f"This scoring opened the labels of {len(rows):,} test rows {times}."]
