"""How often the test labels were opened, counted and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bakeoff.contest._plan import Plan
from bakeoff.contest._seal import SealedRows
from bakeoff.store import Opening, OpeningHistory

__all__ = ["describe_openings", "opening_sentences", "resplit_sentence", "times_words"]

_MOST_RUNS = 4


def describe_openings(plan: Plan, rows: SealedRows) -> dict[str, Any]:
    """What ``openings`` of ``results.json`` holds.

    Parameters
    ----------
    plan : Plan
    rows : SealedRows
    """
    positions = plan.parts.rows("test")
    if positions is None:
        return {"this_run": 0, "ever": 0, "sentences": [], "history": []}
    test = rows.fingerprints(positions)
    history = rows.store.opening_history(test)
    sentences = opening_sentences(history, rows.run)
    if plan.parts.test != "folds":  # of folds, every training row is a test row too
        train = rows.fingerprints(plan.parts.divisions[0].train)
        # A training row that is also a test row of this run is a copy, and the checks of the data speak of it.
        apart = rows.store.opening_history(train[~np.isin(train, test)])
        sentences += resplit_sentence(apart, len(train), rows.run)
    return {
        "this_run": history.times(rows.run),
        "ever": history.times(),
        "sentences": sentences,
        "history": [_as_json(opening) for opening in history.openings],
    }


def _as_json(opening: Opening) -> Mapping[str, Any]:
    return {key: value for key, value in asdict(opening).items() if key != "same_rows"}


def opening_sentences(history: OpeningHistory, this_run: str) -> list[str]:
    """One sentence on uses of the labels of exactly these rows, and one on uses of some of them.

    Examples
    --------
    >>> both = [Opening("2026-01-01", run, "scores of svc", 1, 90, True) for run in ("monday", "tuesday")]
    >>> opening_sentences(OpeningHistory(90, both, 0), "tuesday")
    ['The labels of these 90 test rows were opened twice: once by this run, once before, in run monday.']
    >>> part = Opening("2026-01-01", "monday", "scores of svc", 2, 40, False)
    >>> opening_sentences(OpeningHistory(90, [part], 40), "tuesday")
    ['Of these 90 test rows, 40 also belong to other test sets, whose labels were opened twice before, in run monday.']
    """
    same = [opening for opening in history.openings if opening.same_rows]
    others = [opening for opening in history.openings if not opening.same_rows]
    rows = "this test row" if history.n_rows == 1 else f"these {history.n_rows:,} test rows"
    sentences = []
    if same:
        sentences.append(f"The labels of {rows} were opened {_counted(same, this_run)}.")
    if others:
        also = "also belongs" if history.n_in_others == 1 else "also belong"
        sentences.append(
            f"{_share(history.n_in_others, history.n_rows, rows)} {also} to other test sets, whose labels were opened "
            f"{_counted(others, this_run)}."
        )
    return sentences


def resplit_sentence(history: OpeningHistory, n_train: int, this_run: str) -> list[str]:
    """Whether rows that are trained on now were test rows of earlier runs; no sentence where none was.

    Examples
    --------
    >>> before = Opening("2026-01-01", "monday", "scores of svc", 1, 40, False)
    >>> for sentence in resplit_sentence(OpeningHistory(300, [before], 40), 300, "tuesday"):
    ...     print(sentence)
    Of the 300 training rows, 40 were test rows before, and their labels opened once before, in run monday: the rows \
were divided anew after that, so the test rows of now may have been training rows then.
    """
    before = [opening for opening in history.openings if opening.run != this_run]
    if not before:
        return []
    n_shared = history.n_rows if any(opening.same_rows for opening in before) else history.n_in_others
    was = "was a test row" if n_shared == 1 else "were test rows"
    sentence = (
        f"{_share(n_shared, n_train, f'the {n_train:,} training rows')} {was} before, and their labels opened "
        f"{_counted(before, this_run)}: the rows were divided anew after that, so the test rows of now may have been "
        "training rows then."
    )
    return [sentence]


def _share(count: int, of: int, rows: str) -> str:
    return f"All of {rows}" if count == of else f"Of {rows}, {count:,}"


def _counted(openings: Sequence[Opening], this_run: str) -> str:
    """How often, and by whom."""
    own = sum(opening.times for opening in openings if opening.run == this_run)
    before = sum(opening.times for opening in openings) - own
    if not before:
        return f"{times_words(own)} by this run"
    earlier = f"{times_words(before)} before, in {_runs(openings, this_run)}"
    return f"{times_words(own + before)}: {times_words(own)} by this run, {earlier}" if own else earlier


def _runs(openings: Sequence[Opening], this_run: str) -> str:
    """The latest runs by name, and how many more there are."""
    names = list(dict.fromkeys(opening.run for opening in reversed(openings) if opening.run != this_run))
    named, n_more = names[:_MOST_RUNS][::-1], len(names) - _MOST_RUNS
    if n_more > 0:
        return f"{len(names):,} runs, the latest {', '.join(named)}"
    return f"run {named[0]}" if len(named) == 1 else f"runs {', '.join(named[:-1])} and {named[-1]}"


def times_words(count: int) -> str:
    """How often, as a sentence says it."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
