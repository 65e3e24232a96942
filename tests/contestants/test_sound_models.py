"""Models whose numbers lead outside their own memory are refused before anything is predicted."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC, NuSVC
from sklearn.tree import DecisionTreeClassifier

from bakeoff.contestants._model_files import load_pipeline
from bakeoff.contestants._sound_models import unsound_parts
from bakeoff.errors import FitError

SOUND = [
    SVC(), NuSVC(nu=0.1), RandomForestClassifier(3), ExtraTreesClassifier(3, max_leaf_nodes=7),
    HistGradientBoostingClassifier(max_iter=2), KNeighborsClassifier(algorithm="kd_tree"),
    KNeighborsClassifier(algorithm="ball_tree"), KNeighborsClassifier(algorithm="brute"), DecisionTreeClassifier(),
]  # fmt: skip


def fitted(model: Any, n_classes: int = 3) -> Any:
    X, y = load_iris(return_X_y=True)
    rows = y < n_classes
    return make_pipeline(MinMaxScaler(), model).fit(X[rows], y[rows])


def with_nodes(tree: Any, name: str, value: int) -> None:
    state = tree.__getstate__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"][name][0] = value
    tree.__setstate__(state)


def tampered_forest(name: str, value: int) -> Any:
    pipeline = fitted(RandomForestClassifier(3))
    with_nodes(pipeline.steps[-1][1].estimators_[1].tree_, name, value)
    return pipeline


def tampered_boosting(name: str, value: int) -> Any:
    pipeline = fitted(HistGradientBoostingClassifier(max_iter=2))
    pipeline.steps[-1][1]._predictors[1][2].nodes[name][0] = value
    return pipeline


def tampered(model: Any, change: Callable[[Any], None]) -> Any:
    pipeline = fitted(model)
    change(pipeline.steps[-1][1])
    return pipeline


def set_attribute(name: str, value: Callable[[Any], Any]) -> Callable[[Any], None]:
    return lambda model: setattr(model, name, value(getattr(model, name)))


def tampered_neighbours(model: KNeighborsClassifier) -> None:
    state = list(model._tree.__getstate__())
    state[1] = state[1].copy()
    state[1][0] = 10**9
    model._tree.__setstate__(tuple(state))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("model", SOUND, ids=str)
def test_what_scikit_learn_fitted_is_sound_and_read_again(model: Any, n_classes: int) -> None:
    pipeline = fitted(model, n_classes)
    assert unsound_parts(pipeline) == []
    again = load_pipeline({"model.skops": skops.io.dumps(pipeline)})
    X, _ = load_iris(return_X_y=True)
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))


@pytest.mark.parametrize(
    ("pipeline", "named"),
    [
        (lambda: tampered_forest("left_child", 10**6), "Tree"),
        (lambda: tampered_forest("right_child", 0), "Tree"),  # a circle: it would never end
        (lambda: tampered_forest("feature", 4), "Tree"),
        (lambda: tampered_forest("feature", -7), "Tree"),
        (lambda: tampered_boosting("left", 10**6), "TreePredictor"),
        (lambda: tampered_boosting("right", 0), "TreePredictor"),
        (lambda: tampered_boosting("feature_idx", 4), "HistGradientBoostingClassifier"),
        (lambda: tampered(KNeighborsClassifier(algorithm="kd_tree"), tampered_neighbours), "KDTree"),
        (lambda: tampered(KNeighborsClassifier(), set_attribute("_y", lambda y: y + 100)), "KNeighborsClassifier"),
        (lambda: tampered(SVC(), set_attribute("_n_support", lambda counts: counts + 10_000)), "SVC"),
        (lambda: tampered(SVC(), set_attribute("_dual_coef_", lambda values: values[:, :-5])), "SVC"),
        (lambda: tampered(SVC(), set_attribute("_intercept_", lambda values: values[:1])), "SVC"),
        (lambda: tampered(SVC(), set_attribute("support_vectors_", lambda rows: rows[:, :2])), "SVC"),
    ],
)
def test_numbers_that_lead_outside_are_refused(pipeline: Callable[[], Any], named: str) -> None:
    made = pipeline()
    assert unsound_parts(made) == [named]
    with pytest.raises(FitError, match=f"numbers that do not belong together in {named}"):
        load_pipeline({"model.skops": skops.io.dumps(made)})
