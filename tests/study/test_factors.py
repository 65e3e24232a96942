"""Levels of a study: what they change, how they are read, and what is refused."""

from typing import Any

import pytest

from bakeoff.contestants import Facts, make_contestant
from bakeoff.errors import BakeoffError, SettingsError
from bakeoff.study import FACTORS, make_base
from bakeoff.study._factors import read_levels

FACTS = Facts("images", 1200, 64, 10, (8, 8, 1), 16)
ROWS = Facts("rows", 1200, 9, 3)


@pytest.mark.parametrize("name", sorted(FACTORS))
@pytest.mark.parametrize("base", ["small", "default"])
def test_every_level_of_every_factor_is_a_network_that_can_be_trained(name: str, base: str) -> None:
    factor, made = FACTORS[name], make_base(base, FACTS)
    for value in (*factor.levels, *factor.few):
        settings = {**made.settings, **factor.changes(made, value)}
        resolved = make_contestant("level", made.family, settings).resolve(FACTS)
        for key, changed in factor.changes(made, value).items():
            if changed is not None:
                assert name == "augmentation" or resolved[key] == changed


def test_a_level_changes_what_it_says_and_nothing_else() -> None:
    base = make_base("small", FACTS)
    assert FACTORS["depth"].changes(base, 3) == {"hidden_layer_sizes": [64, 64, 64]}
    assert FACTORS["width"].changes(base, 256) == {"hidden_layer_sizes": [256, 256]}
    assert FACTORS["batch-size"].changes(base, 32.0) == {"batch_size": 32}
    assert FACTORS["train-size"].changes(base, 0.1) == FACTORS["split"].changes(base, 0.1) == {}


def test_optimizers_come_with_keras_own_rates() -> None:
    base = make_base("small", FACTS)
    rates = {
        value: make_contestant("x", "dense", {**base.settings, **FACTORS["optimizer"].changes(base, value)}).resolve(
            FACTS
        )
        for value in FACTORS["optimizer"].levels
    }
    assert [rates[name]["learning_rate"] for name in ("sgd", "sgd-momentum", "adam")] == [0.01, 0.01, 0.001]
    assert [rates[name]["momentum"] for name in ("sgd", "sgd-momentum", "rmsprop")] == [0.0, 0.9, 0.0]


@pytest.mark.parametrize(
    ("factor", "given", "expected"),
    [
        ("width", ["64", "8", "16"], [8, 16, 64]),
        ("split", ["80/20", "0.5", "10%"], [0.5, 0.2, 0.1]),
        ("train-size", ["100%", "0.1"], [0.1, 1.0]),
        ("optimizer", ["adam", "sgd"], ["adam", "sgd"]),
        ("l2", [0.0, "1e-3"], [0.0, 0.001]),
        ("activation", None, list(FACTORS["activation"].levels)),
    ],
)
def test_levels_are_read_as_people_write_them(factor: str, given: Any, expected: list[Any]) -> None:
    assert read_levels(FACTORS[factor], given, FACTS) == pytest.approx(expected) if factor == "split" else True
    if factor != "split":
        assert read_levels(FACTORS[factor], given, FACTS) == expected


@pytest.mark.parametrize(
    ("factor", "given", "message"),
    [
        ("width", ["0", "8"], "a whole number from 1 on"),
        ("width", ["8", "8"], "comes twice"),
        ("width", ["8"], "two levels or more"),
        ("split", ["2/1", "67/33"], "read alike"),
        ("width", ["1e400", "2"], "a whole number"),
        ("width", ["nan", "2"], "a whole number"),
        ("optimizer", ["adam", "lion"], "one of sgd"),
        ("split", ["100/0", "80/20"], "or 80/20"),
        ("split", ["1", "0.5"], "or 80/20"),
        ("train-size", ["0", "1"], "a share"),
        ("l2", ["-1", "0"], "a number from 0 on"),
    ],
)
def test_levels_that_are_none_are_refused(factor: str, given: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_levels(FACTORS[factor], given, FACTS)


def test_plain_rows_are_not_distorted() -> None:
    with pytest.raises(SettingsError, match="only images are distorted"):
        read_levels(FACTORS["augmentation"], None, ROWS)


def test_a_base_is_named_or_a_network_of_a_recipe(tmp_path: Any) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "schema: 1\nname: mine\ndata: {source: digits}\ncontestants:\n"
        "  - {name: svc, family: svc}\n"
        "  - {name: wide, family: dense, settings: {hidden_layer_sizes: [99], epochs: 3}}\n"
        "  - {name: plain, family: 'dense:plain', settings: {hidden_layer_sizes: [7]}}\n"
    )
    wide = make_base(str(path), FACTS)
    assert (wide.name, wide.settings["hidden_layer_sizes"], wide.settings["epochs"]) == ("mine:wide", [99], 3)
    assert make_base(f"{path}:plain", FACTS).family == "dense:plain"
    for given, message in ((f"{path}:svc", "no dense network 'svc'"), ("huge", "small, default")):
        with pytest.raises(SettingsError, match=message):
            make_base(given, FACTS)
    with pytest.raises(BakeoffError):
        make_base(str(tmp_path / "none.yaml"), FACTS)
