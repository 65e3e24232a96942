"""Search spaces: read as people write them, drawn as Optuna draws, refused where they say nothing."""

from typing import Any

import numpy as np
import optuna
import pytest
from scipy import stats

from bakeoff.contestants import Facts, make_contestant
from bakeoff.errors import SettingsError
from bakeoff.tune import default_space, read_space
from bakeoff.tune._space import _SPACES, Choices, Range

FACTS = Facts("images", 2000, 784, 10, (28, 28, 1), 255)


def drawn(space: Any, count: int = 200) -> list[dict[str, Any]]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    distributions = {name: dimension.distribution() for name, dimension in space.items()}
    trials = [study.ask(distributions).params for _ in range(count)]
    return [{name: space[name].value(value) for name, value in params.items()} for params in trials]


@pytest.mark.parametrize("family", sorted(_SPACES))
def test_whatever_a_usual_space_draws_can_be_fitted(family: str) -> None:
    for settings in drawn(default_space(family), 40):
        make_contestant("candidate", family, settings).resolve(FACTS)


def test_ranges_choices_and_distributions_of_scipy_draw_what_they_say() -> None:
    space = read_space(
        {
            "a": {"low": 0.01, "high": 100.0, "log": True},
            "b": {"low": 1, "high": 4},
            "c": [[8, 4], None, "x", 0.5],
            "d": stats.expon(scale=2.0),
            "e": stats.randint(3, 6),
        },
        "me",
    )
    values = drawn(space, 2000)
    logs = np.log10([each["a"] for each in values])
    assert stats.kstest(logs, stats.uniform(-2, 4).cdf).pvalue > 0.001
    assert {each["b"] for each in values} == {1, 2, 3, 4}
    assert {str(each["c"]) for each in values} == {"[8, 4]", "None", "x", "0.5"}
    assert stats.kstest([each["d"] for each in values], stats.expon(scale=2.0).cdf).pvalue > 0.001
    assert {each["e"] for each in values} == {3, 4, 5}
    assert all(type(each["e"]) is int for each in values)


def test_a_space_survives_the_way_through_a_recipe() -> None:
    given = {"C": {"low": 0.1, "high": 10.0, "log": True}, "n": {"low": 1, "high": 5}, "k": ["a", [1]]}
    space = read_space(given, "me")
    again = read_space({name: dimension.as_json() for name, dimension in space.items()}, "me")
    assert again == space
    assert space["n"] == Range(1.0, 5.0, whole=True)
    assert space["k"] == Choices(("a", [1]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"C": 3}, "a list of values, or"),
        ({"C": "abc"}, "a list of values, or"),
        ({"C": []}, "different values"),
        ({"C": [1, 1]}, "different values"),
        ({"C": [float("nan")]}, "plain values"),
        ({"C": [object()]}, "plain values"),
        ({"C": {"low": 1}}, "low and high"),
        ({"C": {"low": 1, "high": 2, "step": 1}}, "low and high"),
        ({"C": {"low": 2, "high": 1}}, "low below high"),
        ({"C": {"low": 0, "high": 1, "log": True}}, "above 0 with log"),
        ({"C": {"low": True, "high": 2}}, "two numbers"),
        ({"C": {"low": 0.0, "high": float("inf")}}, "two numbers"),
        ({}, "is empty"),
    ],
)
def test_what_says_nothing_is_refused(given: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_space(given, "me")


def test_a_family_without_a_space_says_who_has_one() -> None:
    with pytest.raises(SettingsError, match="svc"):
        default_space("GaussianProcessClassifier")
