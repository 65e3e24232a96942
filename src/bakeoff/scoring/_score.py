"""Score what was predicted without labels, by labels that were kept elsewhere.

The one who has the labels runs this. Every submission is one opening of them, on record before the first comparison.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from bakeoff.contest import open_run, opening_sentences, times_words
from bakeoff.data import LabelFile, read_label_file
from bakeoff.errors import DataError, InputError
from bakeoff.scoring._classes import ClassList
from bakeoff.scoring._find import HandedIn, find_submissions
from bakeoff.scoring._lines import Judged, ScoreOptions, Truth, score_lines
from bakeoff.scoring._scoreboard import Scoreboard, ScoreLine
from bakeoff.scoring._submission import Submission, read_submission
from bakeoff.scoring._text import encodable
from bakeoff.store import Fingerprints, OpeningHistory, Store, fingerprint_rows

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
    known = replace(known, name=encodable(known.name))
    handed_in = find_submissions([_resolved(path, options.workspace) for path in paths])
    submissions, problems = _read_all(handed_in, Path(labels), len(known.labels))
    classes = ClassList.of(known)
    rows = _rows_of(known, submissions)
    scored = _translated(submissions, rows, classes, problems)
    own_name = _own_name(known)
    sentences = _record(
        options.workspace, own_name if rows.fingerprints is None else rows.fingerprints, own_name, scored
    )
    truth = Truth(classes.indices(known.labels), known.groups, classes.names, rows.of_labels)
    judged = Judged.of(scored, options)
    lines = [line for one in scored.values() for line in score_lines(one, judged, truth)]
    lines += [ScoreLine(name, "", problem=problem) for name, problem in problems.items()]
    comparisons = judged.compare(truth)
    return Scoreboard(
        labels=known,
        classes=classes.names,
        n_groups=None if known.groups is None else len(np.unique(known.groups)),
        names_rows=rows.of_labels,
        metric=judged.metric,
        options={"margin": options.margin, "confidence": options.confidence},
        lines=lines,
        is_class=judged.is_class,
        comparisons=comparisons,
        notes=_notes(known, classes, rows, scored),
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


def _read_all(handed_in: Sequence[HandedIn], labels: Path, n_rows: int) -> tuple[dict[str, Submission], dict[str, str]]:
    submissions: dict[str, Submission] = {}
    problems: dict[str, str] = {}
    for each in handed_in:
        if each.problem:
            problems[each.name] = encodable(each.problem)
        elif each.path.resolve() != labels.resolve():  # the labels may lie among the submissions
            try:
                submissions[each.name] = read_submission(each.name, each.path, n_rows)
            except DataError as error:
                more = " (and more)" if len(error.problems) > 1 else ""
                problems[each.name] = encodable(error.problems[0]) + more
    return submissions, problems


@dataclass(frozen=True, eq=False)
class _TestRows:
    """What names the test rows, who says so in words, and whether the labels themselves do."""

    fingerprints: Fingerprints | None
    of_labels: bool
    words: str


def _rows_of(known: LabelFile, submissions: Mapping[str, Submission]) -> _TestRows:
    """What names the test rows: the labels file says it, or else most of the runs."""
    if known.fingerprints is not None:
        return _TestRows(known.fingerprints, True, f"those of {known.name}")
    if known.X is not None:
        return _TestRows(fingerprint_rows(known.X), True, f"those of {known.name}")
    stated = [one.fingerprints for one in submissions.values() if one.fingerprints is not None]
    counts = Counter(each.tobytes() for each in stated)
    most = next((each for each in stated if counts[each.tobytes()] > len(stated) / 2), None)
    return _TestRows(most, False, "most of the runs")


def _translated(
    submissions: Mapping[str, Submission], rows: _TestRows, classes: ClassList, problems: dict[str, str]
) -> dict[str, Submission]:
    """The submissions with their rows and classes as the labels have them; what is wrong goes to `problems`.

    Raises
    ------
    DataError
        If there are submissions, and none of them has a class of the labels: these are other labels.
    """
    scored: dict[str, Submission] = {}
    strangers: dict[str, str] = {}
    for name, one in submissions.items():
        try:
            own = classes.own(one)
            if (own >= 0).any():
                scored[name] = _in_order(one, rows).translated(own)
            else:
                strangers[name] = classes.stranger(one)
        except DataError as error:
            problems[name] = error.problems[0]
    if strangers and len(strangers) == len(submissions):
        name, problem = next(iter(strangers.items()))
        raise DataError(
            f"{classes.source}: belongs to no submission: of {name}, {problem}. Give the labels of these rows."
        )
    problems |= strangers
    return scored


def _in_order(one: Submission, rows: _TestRows) -> Submission:
    """The submission with its rows in the order of the labels.

    Raises
    ------
    DataError
        If it says that it predicted other rows.
    """
    stated, wanted = one.fingerprints, rows.fingerprints
    if stated is None or wanted is None or np.array_equal(stated, wanted):
        return one
    by_own, by_wanted = np.argsort(stated, kind="stable"), np.argsort(wanted, kind="stable")
    if not np.array_equal(stated[by_own], wanted[by_wanted]):
        raise DataError(f"predicted other test rows than {rows.words}")
    order = np.empty_like(by_own)
    order[by_wanted] = by_own  # rows that are equal are predicted alike: which of them is which does not matter
    return one.reordered(order)


def _notes(known: LabelFile, classes: ClassList, rows: _TestRows, scored: Mapping[str, Submission]) -> list[str]:
    notes = []
    n_runs = sum(one.kind == "run" for one in scored.values())
    if not rows.of_labels and n_runs:
        checked = "runs were checked against each other alone" if n_runs > 1 else "only their number was checked"
        notes.append(f"{known.name} does not say which rows its labels belong to: {checked}.")
    met = {int(index) for one in scored.values() for index in one.own}
    n_labels = Counter(known.labels)
    for index, name in enumerate(classes.names):
        if scored and index not in met:
            notes.append(
                f"No submission knows or predicts class {name[:40]!r}, which {n_labels[name]:,} of the labels say. "
                "Check them."
            )
    return notes


# Record --------------------------------------------------------------------------------------------------------


def _own_name(known: LabelFile) -> Fingerprints:
    """What names the labels whatever is handed in: themselves, in their order."""
    seed = blake2b("\x1f".join(known.labels).encode(errors="backslashreplace"), digest_size=16).digest()
    digests = (blake2b(f"{row}".encode(), digest_size=8, key=seed).digest() for row in range(len(known.labels)))
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _record(workspace: Path, rows: Fingerprints, own_name: Fingerprints, scored: Mapping[str, Submission]) -> list[str]:
    """Write every opening down, and say how often these labels were opened before."""
    if not scored:
        return []
    uses = [(name[:200], f"bakeoff score: {_contestants(one)}"[:500]) for name, one in scored.items()]
    with Store(workspace) as store:
        sentences = opening_sentences(_history(store, rows, own_name), this_run="")
        store.record_openings(rows, uses, also=None if rows is own_name else own_name)
    times = "once" if len(scored) == 1 else f"{times_words(len(scored))}, once for each submission"
    return [*sentences, f"This scoring opened the labels of {len(rows):,} test rows {times}."]


def _contestants(one: Submission) -> str:
    return ", ".join(entry.name for entry in one.entries if not entry.problem)


def _history(store: Store, rows: Fingerprints, own_name: Fingerprints) -> OpeningHistory:
    """Every use of the labels, under the name of the rows or their own, each of them once."""
    history = store.opening_history(rows)
    if rows is own_name:
        return OpeningHistory(
            history.n_rows, [replace(each, times=max(each.times, 1)) for each in history.openings], history.n_in_others
        )
    named = store.opening_history(own_name).openings
    twice = {(each.created, each.run) for each in named if not each.times}
    alone = [each for each in history.openings if (each.created, each.run) not in twice]
    both = [replace(each, times=max(each.times, 1)) for each in named] + alone
    return OpeningHistory(history.n_rows, sorted(both, key=lambda each: each.created), history.n_in_others)
