"""Names, settings, and what is said when they are wrong."""

import json
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from bakeoff.contestants import Contestant, Facts, families, make_contestant, wrap
from bakeoff.errors import SettingsError

CLASSICAL = ["svc", "logistic", "knn", "forest", "extra-trees", "boosting", "lda", "bayes", "dummy"]
COMBINE_OTHERS = {
    "ClassifierChain",
    "FixedThresholdClassifier",
    "MultiOutputClassifier",
    "OneVsOneClassifier",
    "OneVsRestClassifier",
    "OutputCodeClassifier",
    "StackingClassifier",
    "TunedThresholdClassifierCV",
    "VotingClassifier",
    "SelfTrainingClassifier",
}
IMAGES = Facts("images", 60_000, 784, 10, (28, 28, 1), 255)
ROWS = Facts("rows", 500, 12, 3)


def names_of_scikit_learn() -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [name for name, _ in all_estimators(type_filter="classifier")]


def test_families_are_listed_in_order_with_a_line_each() -> None:
    assert list(families()) == [
        "dense",
        "dense:ensemble",
        "dense:plain",
        *CLASSICAL,
        "keras:FILE.py:FUNCTION",
    ]
    assert all(line and "\n" not in line for line in families().values())


def test_listing_families_loads_neither_jax_nor_scikit_learn() -> None:
    code = "import sys, bakeoff.contestants as c; c.families(); print(sorted({'jax', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("family", CLASSICAL)
@pytest.mark.parametrize("facts", [IMAGES, ROWS], ids=["images", "rows"])
def test_resolving_fills_every_setting_is_plain_json_and_changes_nothing_the_second_time(
    family: str, facts: Facts
) -> None:
    contestant = make_contestant(family, family)
    assert isinstance(contestant, Contestant)
    resolved = dict(contestant.resolve(facts))
    assert json.loads(json.dumps(resolved, allow_nan=False)) == resolved
    again = make_contestant(family, family, resolved)
    assert dict(again.resolve(facts)) == resolved
    assert again.is_random == contestant.is_random
    assert again.fingerprint() == contestant.fingerprint()


@pytest.mark.parametrize("family", names_of_scikit_learn())
def test_every_classifier_of_scikit_learn_enters_by_its_class_name_or_says_why_not(family: str) -> None:
    if family in COMBINE_OTHERS:
        with pytest.raises(SettingsError, match=f"{family} combines other estimators .* Python API"):
            make_contestant("x", family)
        return
    resolved = dict(make_contestant("x", family).resolve(ROWS))
    assert json.loads(json.dumps(resolved, allow_nan=False)) == resolved
    assert dict(make_contestant("x", family, resolved).resolve(ROWS)) == resolved


def test_contestants_can_be_pickled() -> None:
    for contestant in (make_contestant("a", "svc", {"C": 2.0}), wrap("b", LogisticRegression())):
        assert dict(pickle.loads(pickle.dumps(contestant)).resolve(ROWS)) == dict(contestant.resolve(ROWS))


@pytest.mark.parametrize(
    ("family", "nearest"),
    [("forrest", "forest"), ("SVM", "svc|NuSVC|SVC"), ("RidgeClasifier", "RidgeClassifier"), ("knnn", "knn")],
)
def test_an_unknown_name_is_answered_with_the_nearest(family: str, nearest: str) -> None:
    with pytest.raises(SettingsError, match=f"there is no contestant '{family}'. Did you mean ({nearest})\\?"):
        make_contestant("mine", family)


@pytest.mark.parametrize("name", ["os", "os.system", "builtins.eval", "sklearn.svm.SVC", "__import__", "Ridge"])
def test_nothing_but_a_classifier_of_scikit_learn_is_ever_looked_up(name: str) -> None:
    with pytest.raises(SettingsError, match="there is no contestant"):
        make_contestant("mine", name)


def test_all_wrong_settings_are_reported_together_in_scikit_learns_words() -> None:
    settings = {
        "n_estimator": 10,
        "max_depth": -3,
        "criterion": "speed",
        "scaling": "huge",
        "pca": 1.5,
        "engine": "intelex",
    }
    with pytest.raises(SettingsError) as caught:
        make_contestant("trees", "forest", settings)
    problems = caught.value.problems
    assert problems[0] == "trees: RandomForestClassifier has no setting 'n_estimator'. Did you mean n_estimators?"
    text = "\n".join(problems)
    assert "trees: The 'max_depth' parameter of RandomForestClassifier must be an int in the range [1, inf)" in text
    assert "Got -3 instead." in text
    assert "The 'criterion' parameter of RandomForestClassifier must be a str among" in text
    assert "The 'scaling' parameter must be one of 'none', 'unit', 'standard'. Got 'huge' instead." in text
    assert "The 'pca' parameter must be null, a number of components" in text
    assert "only svc is accelerated" in text
    assert len(problems) == 6
    assert all("\n" not in problem for problem in problems)


def test_a_number_that_yaml_read_as_text_gets_a_hint() -> None:
    with pytest.raises(SettingsError, match=r"Got '1e-3' instead\. It came as text.*1\.0e-03"):
        make_contestant("svc", "svc", {"tol": "1e-3"})


def test_more_components_than_columns_are_refused_once_the_data_are_known() -> None:
    contestant = make_contestant("knn", "knn", {"pca": 50})
    with pytest.raises(SettingsError, match=r"'pca' parameter must be at most 12.*Got 50 instead"):
        contestant.resolve(ROWS)


@pytest.mark.parametrize(
    ("family", "settings", "random"),
    [
        ("svc", {}, False),
        ("knn", {}, False),
        ("lda", {}, False),
        ("bayes", {}, False),
        ("logistic", {}, False),
        ("logistic", {"solver": "saga"}, True),
        ("dummy", {}, False),
        ("dummy", {"strategy": "stratified"}, True),
        ("boosting", {}, False),
        ("boosting", {"max_features": 0.5}, True),
        ("forest", {}, True),
        ("extra-trees", {}, True),
        ("forest", {"random_state": 7}, False),
        ("RidgeClassifier", {}, False),
        ("MLPClassifier", {}, True),
        ("GaussianProcessClassifier", {}, False),
    ],
)
def test_only_families_that_depend_on_the_seed_are_random(
    family: str, settings: dict[str, object], random: bool
) -> None:
    assert make_contestant("x", family, settings).is_random is random


def test_fingerprints_name_the_libraries_that_compute() -> None:
    assert set(make_contestant("x", "knn").fingerprint() or ()) == {"numpy", "scipy", "scikit-learn"}


def test_wrapped_estimators_are_never_reused_and_know_whether_they_are_random() -> None:
    assert wrap("x", LogisticRegression).fingerprint() is None
    assert wrap("x", RandomForestClassifier()).is_random
    assert not wrap("x", RandomForestClassifier(random_state=3)).is_random
    assert wrap("x", make_pipeline(StandardScaler(), RandomForestClassifier())).is_random
    with pytest.raises(SettingsError, match="x: a classifier needs the methods fit and predict"):
        wrap("x", np.zeros(3))


@pytest.mark.parametrize(("kind", "scale"), [("images", "unit"), ("rows", "standard")])
def test_the_plain_network_is_trained_as_a_notebook_does_and_settings_win(kind: str, scale: str) -> None:
    facts = Facts(kind, 5_000, 64, 10, (8, 8, 1) if kind == "images" else None, 255 if kind == "images" else None)
    plain = make_contestant("plain", "dense:plain", {"epochs": 3}).resolve(facts)
    wanted = {"optimizer": "sgd", "learning_rate": 0.01, "schedule": "constant", "dropout": 0.0, "augment": "none",
              "label_smoothing": 0.0, "weight_decay": 0.0, "epochs": 3, "scale": scale}  # fmt: skip
    assert {name: plain[name] for name in wanted} == wanted
    # What is resolved means the same to the family without its variant: that is how a run's recipe keeps it.
    assert make_contestant("plain", "dense", plain).resolve(facts) == plain


def test_the_default_network_standardises_and_distorts_images_alone() -> None:
    images = make_contestant("dense", "dense").resolve(Facts("images", 5_000, 64, 10, (8, 8, 1), 255))
    rows = make_contestant("dense", "dense").resolve(Facts("rows", 5_000, 64, 10))
    assert images["augment"]["rotation"] > 0
    assert rows["augment"] == "none"
    assert images["scale"] == rows["scale"] == "standard"
    assert images["optimizer"] == "adamw"


def test_an_unknown_variant_is_refused_with_the_known_names() -> None:
    with pytest.raises(SettingsError, match=r"no contestant 'dense:plane'\. Did you mean dense:plain\?"):
        make_contestant("dense", "dense:plane")
