"""Distorted images: against SciPy's interpolation, by their moments, and as members of a population."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from bakeoff.dense import (
    DISTORTION_LIMITS,
    PRESETS,
    DataShape,
    DenseSettings,
    Distortion,
    Image,
    Member,
    NetworkSpec,
    Rates,
    Task,
    TrainingSpec,
    compilations,
    distort,
    fit_population,
)
from bakeoff.dense import _augment as augment
from bakeoff.errors import SettingsError

ROWS, HEIGHT, WIDTH = 64, 12, 10
IMAGES = DataShape("images", 60_000, 784, 10, 255, image_shape=(28, 28, 1))


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def pictures(channels=1, rows=ROWS):
    shape = (rows, HEIGHT, WIDTH, channels)
    x = np.random.default_rng(0).uniform(0, 255, shape)
    return x.reshape(rows, -1), Image(HEIGHT, WIDTH, channels, 255)


def distorted(x, image, seed=1, **strengths):
    strength = Distortion(**strengths)
    as_arrays = jax.tree.map(jnp.asarray, strength)
    return np.asarray(distort(jnp.asarray(x), jax.random.key(seed), as_arrays, image, strength.kinds()))


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_interpolated_as_scipy_does_it(channels):
    x, image = pictures(channels)
    random = np.random.default_rng(2)
    places = random.uniform(-4, 16, (2, ROWS, HEIGHT * WIDTH))
    ours = augment._warped(jnp.asarray(x), tuple(jnp.asarray(each) for each in places), image)
    pixels = x.reshape(ROWS, HEIGHT, WIDTH, channels)
    for row in range(ROWS):
        for channel in range(channels):
            expected = ndimage.map_coordinates(pixels[row, ..., channel], places[:, row], order=1, mode="nearest")
            got = np.asarray(ours)[row].reshape(-1, channels)[:, channel]
            np.testing.assert_allclose(got, expected, atol=1e-10)


@pytest.mark.parametrize("kind", DISTORTION_LIMITS)
def test_strength_zero_changes_nothing_though_the_kind_is_in_the_program(kind):
    x, image = pictures()
    zero = jax.tree.map(jnp.asarray, Distortion())
    same = distort(jnp.asarray(x), jax.random.key(0), zero, image, (kind,))
    np.testing.assert_allclose(same, x, atol=1e-9)


def test_a_shift_moves_every_image_as_a_whole_by_its_own_amount_and_at_most_the_strength():
    image = Image(21, 21, 1, 255)
    y, x = np.mgrid[:21, :21]
    bump = 255 * np.exp(-((y - 10) ** 2 + (x - 10) ** 2) / 8)
    moved = distorted(np.tile(bump.reshape(1, -1), (400, 1)), image, shift=0.2).reshape(-1, 21, 21)
    total = moved.sum(axis=(1, 2))
    offsets = np.stack([(moved * y).sum(axis=(1, 2)) / total - 10, (moved * x).sum(axis=(1, 2)) / total - 10])
    assert np.abs(offsets).max() <= 0.2 * 21 + 0.1
    # Evenly between -4.2 and 4.2: a standard deviation of 2.42; its own error over 400 is 0.04 of it.
    np.testing.assert_allclose(offsets.std(axis=1), 4.2 / np.sqrt(3), rtol=0.15)
    assert abs(np.corrcoef(offsets)[0, 1]) < 0.2


def test_a_rotation_turns_around_the_middle_of_the_image():
    image = Image(41, 41, 1, 255)
    y, x = np.mgrid[:41, :41] - 20.0
    line = (255 * np.exp(-(y**2) / 8) * (np.abs(x) < 12)).reshape(1, -1)
    turned = distorted(np.tile(line, (300, 1)), image, rotation=30.0).reshape(-1, 41, 41)
    total = turned.sum(axis=(1, 2))
    for along in (y, x):
        np.testing.assert_allclose((turned * along).sum(axis=(1, 2)) / total, 0, atol=0.2)
    angles = np.rad2deg(
        0.5 * np.arctan2(2 * (turned * x * y).sum(axis=(1, 2)), (turned * (x**2 - y**2)).sum(axis=(1, 2)))
    )
    assert np.abs(angles).max() <= 30.5
    assert angles.std() == pytest.approx(30 / np.sqrt(3), rel=0.15)


def test_an_elastic_field_is_smooth_and_as_strong_as_asked():
    image = Image(28, 28, 1, 255)
    key, amounts = jax.random.key(0), jnp.zeros((augment._N_AMOUNTS, 500))
    strength = jax.tree.map(jnp.asarray, Distortion(elastic=0.05))
    down, across = augment._sources(key, amounts, strength, image, ("elastic",))
    y, x = np.mgrid[:28, :28]
    for moved, still in ((down, y), (across, x)):
        shift = (np.asarray(moved) - still.reshape(1, -1)).reshape(-1, 28, 28)
        assert np.sqrt((shift**2).mean()) == pytest.approx(0.05 * 28, rel=0.05)
        # Neighbours move almost alike, pixels ten apart on their own: a bell of standard deviation 4, twice.
        assert np.corrcoef(shift[:, :, :-1].ravel(), shift[:, :, 1:].ravel())[0, 1] > 0.97
        assert abs(np.corrcoef(shift[:, :, :-14].ravel(), shift[:, :, 14:].ravel())[0, 1]) < 0.15


def test_contrast_keeps_the_mean_and_brightness_moves_it():
    x, image = pictures()
    x = 100 + x / 8
    spread = distorted(x, image, contrast=0.5)
    np.testing.assert_allclose(spread.mean(axis=1), x.mean(axis=1), atol=1e-9)
    factors = spread.std(axis=1) / x.std(axis=1)
    assert 1 / 1.5 <= factors.min() < 0.8
    assert 1.25 < factors.max() <= 1.5
    moved = distorted(x, image, brightness=0.2) - x
    np.testing.assert_allclose(moved, moved[:, :1] + np.zeros_like(x), atol=1e-9)
    assert 0.15 * 255 < np.abs(moved).max() <= 0.2 * 255


def test_noise_has_the_asked_spread_and_pixels_keep_their_range():
    x, image = pictures()
    noise = distorted(np.full_like(x, 128.0), image, noise=0.05) - 128
    assert noise.std() == pytest.approx(0.05 * 255, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.5)
    loud = distorted(x, image, noise=1.0, brightness=1.0)
    assert (loud.min(), loud.max()) == (0, 255)


def test_an_erased_rectangle_is_painted_with_the_mean_and_lies_anywhere():
    x, image = pictures(rows=500)
    erased = distorted(x, image, erase=0.6)
    changed = (erased != x).reshape(-1, HEIGHT, WIDTH)
    for before, after, where in zip(x, erased, changed.reshape(len(x), -1), strict=True):
        np.testing.assert_allclose(after[where], before.mean(), rtol=1e-12)
    rows, columns = changed.any(axis=2), changed.any(axis=1)
    assert np.array_equal(changed, rows[:, :, None] & columns[:, None, :])
    assert rows.sum(axis=1).max() <= np.ceil(0.6 * HEIGHT)
    # Each edge is met: rectangles are not kept to the middle.
    assert changed[:, 0].any()
    assert changed[:, -1].any()


def test_what_happens_to_a_row_does_not_depend_on_the_rows_after_it():
    x, image = pictures()
    strengths = PRESETS["photo"].as_mapping() | {"elastic": 0.05}
    of_all, of_few = distorted(x, image, **strengths)[:5], distorted(x[:5], image, **strengths)
    # jaxlib 0.12 compiles other loops for other numbers of rows: the last bit of float64 differs, and nothing else.
    np.testing.assert_allclose(of_all, of_few, rtol=1e-14, atol=1e-12)


def test_images_of_one_line_or_one_column_are_distorted_too():
    x = np.random.default_rng(0).uniform(0, 255, (4, 9))
    for image in (Image(1, 9, 1, 255), Image(9, 1, 1, 255), Image(1, 3, 3, 255)):
        assert np.isfinite(distorted(x, image, shift=0.2, elastic=0.1, erase=0.5)).all()


def population_task():
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, 96).astype(np.int32)
    rows = random.integers(0, 256, (96, 64)).astype(np.uint8)
    rows[np.arange(96), labels * 20] = 255
    return Task(rows, labels, "unit", 255)


def spec(kinds=("shift", "elastic", "noise")):
    network = NetworkSpec(64, (10,), 3, precision="float64")
    return TrainingSpec(
        network, (0, 1, 2), batch_size=16, uses_dropout=True, distortions=kinds, image=Image(8, 8, 1, 255)
    )


def member(seed, shift=0.2, rate=0.01):
    rates = Rates(learning_rate=rate, dropout=0.1)
    return Member(seed, np.arange(96), None, 9, rates, distortion=Distortion(shift=shift, elastic=0.05, noise=0.1))


def test_a_member_trained_with_distorted_images_is_what_it_is_alone():
    members = [member(0), member(0, rate=0.02), member(1, shift=0.1), member(1, shift=0.1, rate=0.02)]
    together = fit_population(spec(), population_task(), members).members
    for one, alone in zip(members, together, strict=True):
        solo = fit_population(spec(), population_task(), [one]).members[0]
        for a, b in zip(
            jax.tree.leaves(alone.network.parameters), jax.tree.leaves(solo.network.parameters), strict=True
        ):
            np.testing.assert_allclose(a, b, atol=1e-10)


def test_another_strength_is_another_result_of_the_same_program():
    first = fit_population(spec(), population_task(), [member(0)]).members[0]
    before = compilations()
    other = fit_population(spec(), population_task(), [member(0, shift=0.05)]).members[0]
    assert compilations() == before
    assert first.history["loss"] != other.history["loss"]


def test_distorted_images_are_for_training_only():
    """The exact pass sees the rows as they are: without a step that learns, its scores do not move."""
    still = member(0, rate=1e-12)
    history = fit_population(spec(), population_task(), [still]).members[0].history
    assert np.ptp(history["f1"]) < 1e-6
    assert np.ptp(history["loss"]) > 1e-4


def test_settings_resolve_to_every_strength_or_none():
    given = DenseSettings.read({"augment": {"rotation": 5}}).resolve(IMAGES)
    assert given.augment == Distortion(rotation=5.0).as_mapping()
    assert DenseSettings.read(given.as_mapping()).resolve(IMAGES) == given
    assert DenseSettings.read({"augment": "photo"}).resolve(IMAGES).distortion() == PRESETS["photo"]
    assert DenseSettings.read({"augment": {"shift": 0}}).resolve(IMAGES).augment == "none"


@pytest.mark.parametrize(
    ("value", "said"),
    [("afine", "'elastic' or 'photo'"), ({"turn": 5}, "a mapping of shift"), ({"shift": 0.6}, "shift (0 to 0.5)")],
)
def test_a_wrong_augmentation_gets_one_line_with_the_rule(value, said):
    with pytest.raises(SettingsError) as caught:
        DenseSettings.read({"augment": value})
    (problem,) = caught.value.problems
    assert said in problem


def test_plain_rows_are_never_distorted():
    with pytest.raises(SettingsError, match="'augment' parameter of dense must be 'none' for plain rows"):
        DenseSettings.read({"augment": "affine"}).resolve(DataShape("rows", 500, 9, 3))
