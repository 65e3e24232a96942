"""What candidates share changes nothing but the time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from bakeoff.contestants import Facts, Job, MemberPlan, make_contestant
from bakeoff.contestants._shared_work import SharedWork, Shares

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = ROWS.astype(np.uint8), LABELS.astype(np.int32)
FACTS = Facts("images", 800, 64, 10, (8, 8, 1), 16)
ORDER = np.random.default_rng(0).permutation(len(X))
TRAIN, HELD, OTHER = ORDER[:800], ORDER[800:1200], ORDER[1200:]


def labels_of(family: str, settings: Mapping[str, Any], *, shares: bool, train: Any = TRAIN) -> dict[str, Any]:
    plan = MemberPlan(0, train, None, {"validation": HELD, "other": OTHER}, keep_model=False, shares_work=shares)
    (fitted,) = make_contestant(family, family, settings).fit(Job(X, Y, FACTS, [plan]), lambda _news: None)
    return {part: said.labels for part, said in fitted.predictions.items()}


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("svc", {"C": 3.0}),
        ("svc", {"C": 0.5, "gamma": "auto", "pca": 20, "scaling": "standard"}),
        ("svc", {"kernel": "linear", "pca": 0.9}),
        ("svc", {"kernel": "poly", "degree": 2, "coef0": 1.0, "gamma": 0.05}),
        ("svc", {"kernel": "sigmoid", "gamma": 0.001, "class_weight": "balanced"}),
        ("svc", {"augment": {"copies": 1}}),
        ("knn", {"n_neighbors": 3, "pca": 15}),
        ("logistic", {"C": 0.1}),
        ("lda", {}),
        ("forest", {"n_estimators": 10}),
        ("RidgeClassifier", {"copy_X": False, "scaling": "unit"}),
    ],
    ids=str,
)
def test_candidates_that_share_say_what_each_says_alone(family: str, settings: dict[str, Any]) -> None:
    for train in (TRAIN, TRAIN[:500]):  # other rows are other work
        alone = labels_of(family, settings, shares=False, train=train)
        for _ in range(2):  # made, and found
            shared = labels_of(family, settings, shares=True, train=train)
            for part, labels in alone.items():
                np.testing.assert_array_equal(shared[part], labels)


def test_components_and_kernels_are_computed_once_for_many_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[str] = []
    learn, fit = PCA._fit, SVC.fit

    def counted_components(self: PCA, rows: Any) -> Any:
        fits.append("components")
        return learn(self, rows)

    def counted_machine(self: SVC, rows: Any, labels: Any, **others: Any) -> Any:
        fits.append(self.kernel)
        return fit(self, rows, labels, **others)

    monkeypatch.setattr(PCA, "_fit", counted_components)
    monkeypatch.setattr(SVC, "fit", counted_machine)
    for C in (0.1, 1.0, 10.0):
        labels_of("svc", {"C": C, "pca": 17}, shares=True)
    labels_of("knn", {"pca": 17, "scaling": "unit"}, shares=True)
    assert fits.count("components") == 1
    assert fits.count("precomputed") == 3


def test_what_was_used_longest_ago_is_let_go_first() -> None:
    made: list[str] = []
    work = SharedWork(100)

    def shares(name: str) -> Shares:
        made.append(name)
        return Shares(np.zeros(40, np.uint8), np.zeros(0), {"part": np.zeros(5, np.uint8)})

    for name in "abacab":
        work.get((name,), lambda name=name: shares(name))
    # a and b fit; a is used, so c takes the place of b, and then b that of c.
    assert made == ["a", "b", "c", "b"]
