"""Does the grouped validation score tell the truth? Measured on a set whose official test rows are known.

For every contestant of the default line-up, on Sign Language MNIST, in macro F1:

- on a random split of the training rows, 80/20: what a notebook does;
- on the split by groups of near-copies that a bake-off makes, with its interval, and carried to the full training size
  by a learning curve;
- out of fold, in five folds by group, and the very same fits on the official test rows: both learn from four fifths
  of the groups, so nothing but the rows differs;
- on the official test rows, and on those of them without a near-copy in training.

The groups come from training rows alone. Ends with status 1 where, for any contestant, the grouped score is not closer
to the test score than the random one is. Prints tables in Markdown; ``--write FILE`` puts them between a page's marks.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/validation.py [--contestants dense,svc] [--seeds 3] [--keep FILE.json]
       [--write docs/validation.md]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before JAX: XLA reports preferences of the host as errors

import numpy as np
from numpy.typing import NDArray

from bakeoff.compare import CompareOptions, Estimate, summarise
from bakeoff.contest import facts_of
from bakeoff.contestants import Contestant, Facts, Fitted, Job, MemberPlan, default_line_up, make_contestant
from bakeoff.data import Dataset, find_near_copies, folds, load, split_validation
from bakeoff.errors import FitError

SHARES = (0.25, 0.4, 0.63, 1.0)
"""Of the groups of the training part of the grouped split: about even steps on the logarithmic scale."""
N_FOLDS = 5
METRIC = CompareOptions(metric="f1_macro")
MARKS = ("<!-- table: python benchmarks/validation.py --write docs/validation.md -->", "<!-- end of table -->")


@dataclass(frozen=True, eq=False)
class Question:
    """What rows to learn from and what rows to score."""

    name: str
    train: NDArray[np.int64]
    score: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Trial:
    """A data set with everything that is asked of every contestant."""

    dataset: Dataset
    X: NDArray[np.uint8]
    y: NDArray[np.int32]
    groups: NDArray[np.int64]
    facts: Facts
    questions: Sequence[Question]

    @property
    def clean_test(self) -> NDArray[np.bool_]:
        """Which test rows have no near-copy in training."""
        copies = self.dataset.near_copies
        assert copies is not None
        assert copies.test_in_train is not None
        return ~copies.test_in_train


def prepare(name: str) -> Trial:
    """Read the data, find its groups, and draw the splits that a bake-off would draw."""
    dataset = find_near_copies(load(name))
    if dataset.groups_train is None or dataset.groups_test is None or dataset.X_test is None or dataset.y_test is None:
        sys.exit(f"{name}: needs test rows with labels, and near-copies in training")
    n_train, n_test = len(dataset.X_train), len(dataset.X_test)
    groups = dataset.groups_train
    everything, test = np.arange(n_train), np.arange(n_train, n_train + n_test)
    seed_text = dataset.sha256_train
    random_train, random_validation = split_validation(dataset.y_train, None, 0.2, seed_text)
    train, validation = split_validation(dataset.y_train, groups, 0.2, seed_text)
    questions = [
        Question("random", random_train, {"random": random_validation}),
        Question("test", everything, {"test": test}),
    ]
    questions += [
        Question(f"grouped {share}", _part(train, groups, share), {f"grouped {share}": validation}) for share in SHARES
    ]
    for number, piece in enumerate(folds(dataset.y_train, groups, N_FOLDS, seed_text)):
        questions.append(Question("folds", np.setdiff1d(everything, piece), {"folds": piece, f"fold {number}": test}))
    return Trial(
        dataset,
        np.concatenate([dataset.X_train, dataset.X_test]),
        np.concatenate([dataset.y_train, dataset.y_test]),
        np.concatenate([groups, dataset.groups_test]),
        facts_of(dataset, n_train),
        questions,
    )


def _part(train: NDArray[np.int64], groups: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """The rows of a share of the groups, the smaller shares inside the larger ones."""
    own = np.unique(groups[train])
    chosen = np.random.default_rng(0).permutation(own)[: round(share * len(own))]
    return train[np.isin(groups[train], chosen)]


def ask(trial: Trial, contestant: Contestant, n_seeds: int) -> dict[str, Any]:
    """Every score of one contestant."""
    seeds = range(n_seeds) if contestant.is_random else range(1)
    begun = time.perf_counter()
    said = _fit_all(trial, contestant, seeds)
    answers = {name: _scored(trial, contestant, *one) for name, one in said.items()}
    clean = trial.clean_test
    rows, labels = said["test"]
    answers["clean test"] = _scored(trial, contestant, rows[clean], labels[:, clean])
    scores = {name: {"mean": one.mean, "low": one.low, "high": one.high} for name, one in answers.items()}
    sizes = [len(question.train) for question in trial.questions if question.name.startswith("grouped")]
    means = [answers[f"grouped {share}"].mean for share in SHARES]
    carried = carry(sizes, means, trial.facts.n_train)
    print(f"{contestant.name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return {"name": contestant.name, "scores": scores, "carried": carried, "seeds": len(seeds)}


Said: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int32]]
"""Rows (n,) and what was said of them, (n_seeds, n)."""


def _fit_all(trial: Trial, contestant: Contestant, seeds: Sequence[int]) -> dict[str, Said]:
    """What each question asks for; the folds put together."""
    said: dict[str, Said] = {}
    for question in trial.questions:
        for name, labels in _fit(trial, contestant, question, seeds).items():
            known_rows, known = said.get(name, (np.empty(0, np.int64), np.empty((len(seeds), 0), np.int32)))
            said[name] = (
                np.concatenate([known_rows, question.score[name]]),
                np.concatenate([known, labels], axis=1),
            )
    return said


def _fit(
    trial: Trial, contestant: Contestant, question: Question, seeds: Sequence[int]
) -> dict[str, NDArray[np.int32]]:
    """(n_seeds, n) predicted classes of each part."""
    members = [MemberPlan(seed, question.train, None, question.score, keep_model=False) for seed in seeds]
    jobs = [members] if contestant.trains_populations else [[member] for member in members]
    fits: list[Fitted] = []
    for job in jobs:
        for fitted in contestant.fit(Job(trial.X, trial.y, trial.facts, job), lambda _: None):
            if isinstance(fitted, FitError):
                raise fitted
            fits.append(fitted)
    return {name: np.stack([fitted.predictions[name].labels for fitted in fits]) for name in question.score}


def _scored(trial: Trial, contestant: Contestant, rows: NDArray[np.int64], said: NDArray[np.int32]) -> Estimate:
    return summarise(
        said,
        trial.y[rows],
        trial.groups[rows],
        trial.dataset.n_classes,
        METRIC,
        deterministic=not contestant.is_random,
    )


def carry(sizes: Sequence[int], scores: Sequence[float], full_size: int) -> float:
    """A score at the full training size, by a straight line through log error against log size.

    Power laws describe learning curves over a factor of a few in size well (Cortes et al. 1993; Hestness et al. 2017);
    the full size is a quarter beyond the largest that was measured.
    """
    slope, level = np.polyfit(np.log(sizes), np.log(1 - np.asarray(scores)), 1)
    return float(1 - np.exp(level + min(slope, 0.0) * np.log(full_size)))


def tables(answers: Sequence[Mapping[str, Any]]) -> str:
    """The answers in Markdown, best on the test rows first."""
    ordered = sorted(answers, key=lambda one: -one["scores"]["test"]["mean"])
    heads = ["contestant", "random split", "grouped split (interval)", "carried to all rows", "test rows"]
    heads += ["test rows without copies", "off: random", "off: grouped", "off: carried"]
    lines = _head(heads)
    for answer in ordered:
        scores = answer["scores"]
        test, grouped = scores["test"]["mean"], scores["grouped 1.0"]
        off = [scores["random"]["mean"] - test, grouped["mean"] - test, answer["carried"] - test]
        cells = [
            answer["name"],
            _percent(scores["random"]["mean"]),
            _with_interval(grouped),
            _percent(answer["carried"]),
        ]
        cells += [_percent(test), _percent(scores["clean test"]["mean"]), *(f"{100 * each:+.1f}" for each in off)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *_head(["contestant", "out of fold (interval)", "the same fits on the test rows", "off"])]
    for answer in ordered:
        scores = answer["scores"]
        test = float(np.mean([scores[f"fold {number}"]["mean"] for number in range(N_FOLDS)]))
        cells = [answer["name"], _with_interval(scores["folds"]), _percent(test)]
        lines.append(f"| {' | '.join(cells)} | {100 * (scores['folds']['mean'] - test):+.1f} |")
    return "\n".join(lines)


def _head(names: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def _with_interval(score: Mapping[str, float]) -> str:
    return f"{_percent(score['mean'])} ({_percent(score['low'])} to {_percent(score['high'])})"


def _percent(score: float) -> str:
    return f"{100 * score:.1f}"


def misses(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Contestants whose grouped score is no closer to the test score than their random one."""
    return [
        answer["name"]
        for answer in answers
        if answer["name"] != "dummy"
        and abs(answer["scores"]["grouped 1.0"]["mean"] - answer["scores"]["test"]["mean"])
        >= abs(answer["scores"]["random"]["mean"] - answer["scores"]["test"]["mean"])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare validation scores with official test scores.")
    parser.add_argument("--contestants", help="families, such as dense,svc; default: the whole line-up")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--keep", type=Path, help="JSON file that keeps answers: contestants in it are not fitted again"
    )
    parser.add_argument("--write", type=Path, help="page whose table is to be replaced")
    options = parser.parse_args()
    kept: dict[str, Any] = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    trial = prepare("sign-mnist")
    names = options.contestants.split(",") if options.contestants else [one for one, _ in default_line_up(trial.facts)]
    for name in names:
        if name not in kept:
            kept[name] = ask(trial, make_contestant(name, name), options.seeds)
            if options.keep:
                options.keep.write_text(json.dumps(kept, indent=1))
    answers = [kept[name] for name in names]
    print(tables(answers))
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, rest = page.split(MARKS[0])
        options.write.write_text(
            f"{before}{MARKS[0]}\n{tables(answers)}\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8"
        )
    if missed := misses(answers):
        sys.exit(f"the grouped score is no closer to the test score than the random one: {', '.join(missed)}")


if __name__ == "__main__":
    main()
