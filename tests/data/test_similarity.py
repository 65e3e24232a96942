"""The exact and the approximate search for alike images, and registration, against plain references."""

import sys

import numpy as np
import pytest
from scipy import ndimage

from bakeoff.data._approximate import neighbour_pairs
from bakeoff.data._chance import gap_ratios
from bakeoff.data._registered import registered_pairs
from bakeoff.data._similarity import Pairs, Reach, chosen_reach, image_features, nearest_of_some, similar_pairs
from bakeoff.errors import MissingExtraError


def unit_rows(n: int, width: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("block_rows", [7, 64, 1000])
def test_the_blocked_search_finds_what_one_product_finds(block_rows: int) -> None:
    features = unit_rows(200, 6)
    pairs = similar_pairs(features, Reach(0.8, 200), block_rows=block_rows)
    product = np.triu(features.astype(np.float64) @ features.T.astype(np.float64), 1)
    first, second = np.nonzero(product >= 0.8)
    order = np.lexsort((pairs.second, pairs.first))
    np.testing.assert_array_equal(pairs.first[order], first)
    np.testing.assert_array_equal(pairs.second[order], second)
    np.testing.assert_allclose(pairs.similarity[order], product[first, second], atol=1e-6)  # float32 sums


def test_features_are_those_of_a_smoothed_image_without_brightness_and_contrast() -> None:
    """On 14 x 14 images every pixel is read, so SciPy's filter with renormalised edges is an exact reference."""
    images = np.random.default_rng(0).integers(0, 256, (20, 14, 14, 1), np.uint8)
    features = image_features(images.reshape(20, -1), (14, 14, 1))

    def smooth(values: np.ndarray) -> np.ndarray:
        return ndimage.gaussian_filter(values, (0, 0.75, 0.75), mode="constant", truncate=30)

    smoothed = smooth(images[..., 0].astype(np.float64)) / smooth(np.ones((1, 14, 14)))
    expected = np.corrcoef(smoothed.reshape(20, -1))
    np.testing.assert_allclose(features @ features.T, expected, atol=1e-5)
    brighter = (images // 4 + 100).reshape(20, -1)
    darker = (images // 4 * 2).reshape(20, -1)
    np.testing.assert_allclose(image_features(brighter, (14, 14, 1)), image_features(darker, (14, 14, 1)), atol=1e-5)


def test_an_image_without_contrast_has_zero_features() -> None:
    X = np.full((2, 784), 200, np.uint8)
    X[1, 400] = 201
    features = image_features(X, (28, 28, 1))
    assert not features[0].any()
    assert np.linalg.norm(features[1]) == pytest.approx(1, abs=1e-5)


def test_the_floor_rises_where_many_rows_are_alike() -> None:
    alike = np.tile(unit_rows(1, 8), (300, 1)) + 0.03 * unit_rows(300, 8, seed=1)
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)
    nearest = nearest_of_some(alike, 299)
    assert chosen_reach(nearest, 300) == Reach(0.9, 299)
    reach = chosen_reach(nearest, 300, most_pairs=3_000)
    assert reach.most_neighbours < 100  # fewer neighbours a row rather than a floor above what surrounds a copy
    assert len(similar_pairs(alike, reach)) <= 6_000


def test_the_nearest_of_some_rows_are_those_of_a_full_product() -> None:
    features = unit_rows(40, 6)
    expected = np.sort(features @ features.T, axis=1)[:, ::-1][:, 1:6]
    measured = nearest_of_some(features, 5)
    np.testing.assert_allclose(np.sort(measured, axis=0), np.sort(expected, axis=0), atol=1e-6)


@pytest.mark.parametrize("block_rows", [30, 64, 1000])
def test_of_a_crowded_row_the_nearest_neighbours_in_each_part_are_kept(block_rows: int) -> None:
    """90 rows around one picture, 60 others; the pairs of the first part are those found without the second."""
    features = np.concatenate([unit_rows(1, 12).repeat(90, axis=0) + 0.05 * unit_rows(90, 12, 1), unit_rows(60, 12, 2)])
    features = (features / np.linalg.norm(features, axis=1, keepdims=True))[np.random.default_rng(0).permutation(150)]
    n_first, most, floor = 100, 7, 0.9
    pairs = similar_pairs(features, Reach(floor, most), n_first, block_rows=block_rows)
    product = (features @ features.T).astype(np.float64)
    np.fill_diagonal(product, -1)
    expected = np.zeros((150, 150), dtype=bool)
    for part in (slice(0, n_first), slice(n_first, 150)):
        kth = np.sort(product[:, part], axis=1)[:, -most]
        expected[:, part] = product[:, part] >= np.maximum(kth, floor)[:, None] - 1e-7
    expected = np.triu(expected | expected.T, 1)
    order = np.lexsort((pairs.second, pairs.first))
    first, second = np.nonzero(expected)
    np.testing.assert_array_equal(pairs.first[order], first)
    np.testing.assert_array_equal(pairs.second[order], second)
    alone = similar_pairs(features[:n_first], Reach(floor, most), block_rows=block_rows)
    within = pairs.within_first(n_first)
    assert set(zip(alone.first, alone.second, strict=True)) == set(zip(within.first, within.second, strict=True))
    np.testing.assert_allclose(np.asarray(within.floor)[:n_first], np.asarray(alone.floor), atol=1e-6)


def test_gap_ratios_equal_a_plain_loop() -> None:
    features = unit_rows(300, 4, seed=5)
    features[200:230] = features[:30] + 1e-3
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    pairs = similar_pairs(features, Reach(0.9, 300))
    measured = gap_ratios(pairs, np.ones(len(pairs), dtype=bool))

    def ratio(row: int, similarity: float) -> float:
        mine = (pairs.first == row) | (pairs.second == row)
        u = np.sort(np.maximum(1 - pairs.similarity[mine], 1e-6))
        background = np.append(u[4:], [1 - 0.9] * min(4, len(u)))
        asked = (u >= max(1 - similarity, 1e-6)) & (u <= 0.02)
        return min([1.0, *(u[asked] / background[asked])])

    for i in range(0, len(pairs), 7):
        similarity = pairs.similarity[i]
        worse = max(ratio(int(pairs.first[i]), similarity), ratio(int(pairs.second[i]), similarity))
        assert measured[i] == (pytest.approx(worse, rel=1e-4) if similarity >= 0.98 else np.inf)


def test_no_pairs_have_no_ratios() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert len(gap_ratios(Pairs(none, none, none.astype(np.float32), 0.9), none.astype(bool))) == 0


def test_the_approximate_search_finds_most_of_what_the_exact_one_finds() -> None:
    pytest.importorskip("faiss")
    features = unit_rows(6_000, 32)
    features[3_000:] = features[:3_000] + 0.1 * unit_rows(3_000, 32, seed=2)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    exact, near = similar_pairs(features, Reach(0.98, 6_000)), neighbour_pairs(features)
    assert isinstance(near.floor, np.ndarray) and near.floor.min() >= 0.9
    code = near.first * 6_000 + near.second
    assert np.isin(exact.first * 6_000 + exact.second, code).mean() >= 0.95
    expected = np.einsum("ij,ij->i", features[near.first], features[near.second])
    np.testing.assert_allclose(near.similarity, expected, atol=1e-6)
    assert (near.first < near.second).all() and len(np.unique(code)) == len(code)


def test_without_faiss_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'bakeoff\[large\]'"):
        neighbour_pairs(unit_rows(100, 4))


def test_registration_brings_shifted_and_turned_pictures_together() -> None:
    noise = np.random.default_rng(0).normal(size=(60, 28, 28))
    soft = ndimage.gaussian_filter(noise, (0, 3, 3), mode="wrap")
    images = np.clip(128 + 45 * soft / soft.std(), 0, 255)
    shifted = ndimage.shift(images, (0, 2, -1), order=1, mode="nearest")
    turned = ndimage.rotate(images, 7, axes=(2, 1), reshape=False, order=1, mode="nearest")
    X = np.concatenate([images, shifted, turned]).astype(np.uint8).reshape(180, -1)
    features = image_features(X, (28, 28, 1))
    pairs = registered_pairs(X, (28, 28, 1), features)
    best = {(int(i), int(j)): s for i, j, s in zip(pairs.first, pairs.second, pairs.similarity, strict=True)}
    assert np.mean([best.get((i, 60 + i), 0) >= 0.98 for i in range(60)]) >= 0.9
    assert np.mean([best.get((i, 120 + i), 0) >= 0.98 for i in range(60)]) >= 0.9
    assert np.mean(np.einsum("ij,ij->i", features[:60], features[60:120]) >= 0.98) <= 0.1
