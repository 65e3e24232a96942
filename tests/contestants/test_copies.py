"""Classical contestants on training rows extended by distorted copies."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from bakeoff.contestants import Facts, Fitted, Job, MemberPlan, make_contestant
from bakeoff.contestants._copies import copies_problem, with_copies
from bakeoff.dense import PRESETS, Distortion, Image, _augment, distort, distorted_copies
from bakeoff.errors import SettingsError

FACTS = Facts("images", 300, 64, 10, (8, 8, 1), 16)
SEED = 3


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X.astype(np.uint8), y.astype(np.int32)


def fit(digits: tuple[np.ndarray, np.ndarray], family: str, settings: Mapping[str, Any], seed: int = SEED) -> Fitted:
    member = MemberPlan(seed, np.arange(300), None, {"test": np.arange(300, 1797)})
    (fitted,) = make_contestant("own", family, settings).fit(Job(*digits, FACTS, [member]), lambda _: None)
    assert isinstance(fitted, Fitted)
    return fitted


def test_a_neighbour_search_with_copies_is_that_of_scikit_learn_on_the_rows_and_their_copies(digits):
    X, y = digits
    augment = {"copies": 3, "shift": 0.1, "rotation": 12.0}
    fitted = fit(digits, "knn", {"augment": augment, "scaling": "none", "pca": None, "n_neighbors": 1})
    strengths = Distortion(shift=0.1, rotation=12.0)
    copies = distorted_copies(X[:300], Image(8, 8, 1, 16), strengths, 3, SEED)
    by_hand = KNeighborsClassifier(1).fit(np.concatenate([X[:300], *copies]), np.tile(y[:300], 4))
    np.testing.assert_array_equal(fitted.predictions["test"].labels, by_hand.predict(X[300:]))
    assert (by_hand.predict(X[300:]) != KNeighborsClassifier(1).fit(X[:300], y[:300]).predict(X[300:])).any()


def test_copies_keep_type_range_and_order(digits):
    X, y = digits[0][:50], digits[1][:50]
    augment = {"copies": 2, **PRESETS["photo"].as_mapping()}
    extended, labels = with_copies({"augment": augment}, X, y, FACTS, seed=0)
    assert extended.dtype == np.uint8 and extended.shape == (150, 64) and extended.max() <= 16
    np.testing.assert_array_equal(extended[:50], X)
    np.testing.assert_array_equal(labels, [*y, *y, *y])
    # A copy is mostly more like its own image than like any other; by chance 1 of 50 would be.
    for copy in (extended[50:100], extended[100:]):
        assert not np.array_equal(copy, X)
        alike = np.corrcoef(copy, X)[:50, 50:]
        assert np.mean(alike.argmax(axis=1) == np.arange(50)) > 0.5


def test_the_last_part_of_many_copies_is_what_its_rows_alone_would_be(monkeypatch, digits):
    rows = digits[0][:70]
    monkeypatch.setattr(_augment, "_COPIED_ROWS", 64)
    image, affine = Image(8, 8, 1, 16), PRESETS["affine"]
    copies = distorted_copies(rows, image, affine, 2, SEED)  # 140 images: parts of 64, 64 and 12
    key = jax.random.split(jax.random.key(SEED), 3)[2]
    alone = distort(jnp.asarray(rows[58:], jnp.float32), key, affine, image, affine.kinds())
    np.testing.assert_array_equal(copies[1, 58:], np.asarray(alone).round().astype(np.uint8))
    assert not np.array_equal(copies[0], copies[1])


def test_strength_zero_makes_exact_copies(digits):
    copies = distorted_copies(digits[0][:20], Image(8, 8, 1, 16), Distortion(), 2)
    np.testing.assert_array_equal(copies, np.stack([digits[0][:20]] * 2))


def test_the_seed_of_a_fit_is_that_of_its_copies_and_random_state_fixes_it(digits):
    def scores(seed: int, **settings: Any) -> Any:
        settings = {"augment": {"copies": 1}, "engine": "sklearn", **settings}
        return fit(digits, "svc", settings, seed).predictions["test"].scores

    np.testing.assert_array_equal(scores(1), scores(1))
    assert not np.array_equal(scores(1), scores(2))
    np.testing.assert_array_equal(scores(1, random_state=7), scores(2, random_state=7))
    assert make_contestant("own", "svc", {"augment": {"copies": 1}}).is_random
    assert not make_contestant("own", "svc", {"augment": {"copies": 1}, "random_state": 7}).is_random
    assert not make_contestant("own", "svc", {"augment": "none"}).is_random
    assert make_contestant("own", "knn", {"augment": {"copies": 1}}).is_random


def test_copies_help_where_rows_are_few(digits):
    """Published practice since Simard et al. 2003; 300 digits leave room for it."""
    plain, extended = (
        np.mean(fit(digits, "svc", settings).predictions["test"].labels == digits[1][300:])
        for settings in ({}, {"augment": {"copies": 8, "shift": 0.08, "rotation": 10.0}})
    )
    assert extended > plain


def test_resolved_settings_state_every_strength_and_resolve_to_themselves():
    resolved = make_contestant("own", "forest", {"augment": {"copies": 2}}).resolve(FACTS)
    assert resolved["augment"] == {"copies": 2, **PRESETS["affine"].as_mapping()}
    assert make_contestant("own", "forest", resolved).resolve(FACTS) == resolved
    elastic = make_contestant("own", "forest", {"augment": {"copies": 1, "preset": "elastic"}}).resolve(FACTS)
    assert elastic["augment"] == {"copies": 1, **PRESETS["elastic"].as_mapping()}
    assert make_contestant("own", "forest").resolve(FACTS)["augment"] == "none"


def test_the_engine_that_distorts_is_part_of_a_fits_name():
    plain = make_contestant("own", "knn").fingerprint()
    extended = make_contestant("own", "knn", {"augment": {"copies": 1}}).fingerprint()
    assert plain is not None and extended is not None
    assert set(extended) - set(plain) == {"jax", "jaxlib", "optax", "dense"}


def test_more_rows_are_expected_to_take_longer():
    plain, extended = (
        make_contestant("own", "svc", {"augment": augment}).estimate_seconds(FACTS, 1)
        for augment in ("none", {"copies": 4})
    )
    assert extended > plain


@pytest.mark.parametrize(
    "augment",
    [
        "affine", True, 3, [], {}, {"copies": 0}, {"copies": 101}, {"copies": 2.0}, {"copies": True}, {"rotation": 5},
        {"copies": 1, "rotation": 181}, {"copies": 1, "rotation": float("nan")}, {"copies": 1, "turn": 3},
        {"copies": 1, "preset": "none"}, {"copies": 1, "preset": ["affine"]}, {"copies": 1, 7: 0.1},
        {"copies": 1, "preset": "affine", "shift": 0.1}, {"copies": 1, "shift": "0.1"},
    ],
)  # fmt: skip
def test_other_forms_are_refused_in_words(augment: Any) -> None:
    problem = copies_problem(augment)
    assert problem is not None and "copies (1 to 100)" in problem and problem.endswith("instead.")
    with pytest.raises(SettingsError, match="own: The 'augment' parameter"):
        make_contestant("own", "svc", {"augment": augment})


def test_plain_rows_are_not_distorted():
    rows = Facts("rows", 300, 64, 10)
    with pytest.raises(SettingsError, match="plain rows"):
        make_contestant("own", "svc", {"augment": {"copies": 1}}).resolve(rows)
