"""What follows from all questions of a notebook: accuracy against F1, and where its own answers fail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from scipy.stats import spearmanr

from bakeoff.data import Dataset

__all__ = ["remarks"]

Remark = Mapping[str, Any]
"""``name``, ``title`` and ``sentences`` of a section of the report."""


def remarks(dataset: Dataset, questions: Sequence[Mapping[str, Any]]) -> list[Remark]:
    """The sections that stand on several questions.

    Parameters
    ----------
    dataset : Dataset
    questions : sequence of mapping
        With their answers.
    """
    found = [_accuracy_or_f1(dataset, questions)]
    own = _NOTEBOOKS.get(dataset.sha256_train)
    if own is not None:
        title = "Where the course notebook's own answers do not hold"
        found.append({"name": "notebook", "title": title, "sentences": list(own(dataset, questions))})
    return found


def _accuracy_or_f1(dataset: Dataset, questions: Sequence[Mapping[str, Any]]) -> Remark:
    """Whether they agree, and which is the surer one here."""
    levels = [level for question in questions for level in question["levels"] if level["scores"]]
    accuracy, f1 = (np.array([level["scores"][key]["mean"] for level in levels]) for key in ("accuracy", "f1_macro"))
    varies = len(levels) > 2 and np.ptp(accuracy) > 0 and np.ptp(f1) > 0
    agreement = float(spearmanr(accuracy, f1).statistic) if varies else 1.0
    turned = [
        abs(accuracy[a] - accuracy[b])
        for a, b in combinations(range(len(levels)), 2)
        if (accuracy[a] - accuracy[b]) * (f1[a] - f1[b]) < 0
    ]
    n_pairs = len(levels) * (len(levels) - 1) // 2
    sentences = [
        f"Over {len(levels)} levels accuracy and macro F1 give nearly the same order (rank correlation "
        f"{agreement:.3f}): of {n_pairs:,} pairs they rank {len(turned):,} differently"
        + (f", none further apart than {100 * max(turned):.1f} points of accuracy." if turned else ".")
    ]
    spreads = {
        key: fmean(level["scores"][key]["sd_seeds"] for level in levels if level["scores"][key]["sd_seeds"] is not None)
        for key in ("accuracy", "f1_macro")
    }
    less, more = sorted(spreads, key=lambda key: spreads[key])
    names = {"accuracy": "accuracy", "f1_macro": "macro F1"}
    surer = (
        "neither is the surer one"
        if spreads[more] <= 1.1 * spreads[less]
        else f"{names[less]} is the surer one, as far as seeds go"
    )
    counts = np.bincount(dataset.y_train, minlength=dataset.n_classes)
    sentences.append(
        f"From seed to seed accuracy varies by {100 * spreads['accuracy']:.2f} points and macro F1 by "
        f"{100 * spreads['f1_macro']:.2f} (mean standard deviations), so {surer}. Classes have {counts.min():,} to "
        f"{counts.max():,} training rows"
        + (
            ": they are balanced, and where both scores differ it is because some classes are harder, not rarer."
            if counts.min() > counts.max() / 2
            else ": rare classes weigh as much as common ones in macro F1 and hardly at all in accuracy."
        )
    )
    return {"name": "accuracy-or-f1", "title": "Accuracy or F1?", "sentences": sentences}


def _question(questions: Sequence[Mapping[str, Any]], factor: str) -> Mapping[str, Any] | None:
    return next((question for question in questions if question["factor"] == factor), None)


def _of_sign_language(dataset: Dataset, questions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts = np.bincount(dataset.y_train, minlength=dataset.n_classes)
    yield (
        "The notebook concludes from the gap between accuracy and F1 that the classes are unbalanced. They are not: "
        f"each has {counts.min():,} to {counts.max():,} training rows. Some signs are simply harder than others."
    )
    yield (
        "It compares a macro F1 of the network (0.8055) with a weighted F1 of the SVC (0.8442). These are different "
        "averages; like for like the two are compared above."
    )
    yield (
        "It watches the test rows while it trains, so what it chose by them it chose on the test. Here every score is "
        "of validation rows that share no photograph with the training rows; that is why they are lower than the "
        "notebook's."
    )
    seeds = _question(questions, "seeds")
    if seeds is not None and seeds["answer"]:
        yield f"It trains one seed. {seeds['answer'][1]}"


def _of_mnist(_dataset: Dataset, questions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    width, depth = _question(questions, "width"), _question(questions, "depth")
    yield (
        "The notebook holds its small network (32-16) to be unable to hold what the digits need, and its large one to "
        "begin to over-fit, from one seed of each and two networks that differ in depth and width at once. Varied one "
        "at a time:"
    )
    for question in (width, depth):
        if question is not None:
            yield f"{question['title']}: {' '.join(question['answer'][:2])}"
    yield (
        "Its words and its figures differ: “98 %” for a printed 0.9729, and “94 % in both” beside “slightly below 95 "
        "%” for training."
    )


_Sentences: TypeAlias = Callable[[Dataset, Sequence[Mapping[str, Any]]], Iterator[str]]

_NOTEBOOKS: Mapping[str, _Sentences] = MappingProxyType(
    {
        "4a14fea9988e9f3aa7ada0fe86ff530336945acbdc2fb9380ea4e2e6c1f91c3d": _of_sign_language,
        "e8c3a36aac36d78882ff20b14be85dab33bd7aeffed7013d87e7ff8e5b579642": _of_mnist,
    }
)
"""By the hash of their training rows: the two data sets that course notebooks of ours are about."""
