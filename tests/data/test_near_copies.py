"""Near-copies: what is found, what is not, and what becomes of it."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

import bakeoff.data._copy_search as search
from bakeoff.data import Dataset, card, find_near_copies, folds, holdout, load, show_group, split_validation
from bakeoff.data._linkage import joined, largest_group, without_whole_classes
from bakeoff.data._similarity import Pairs, image_features
from bakeoff.errors import DataError

Picture = NDArray[np.uint8]
SIDE = 16


def clip(values: NDArray[Any]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def pictures(n: int, seed: int = 0, channels: int = 1) -> Picture:
    """Different pictures of soft shapes, (n, SIDE, SIDE, channels)."""
    noise = np.random.default_rng(seed).normal(size=(n, SIDE, SIDE, channels))
    soft = ndimage.gaussian_filter(noise, (0, 2, 2, 0), mode="wrap")
    return clip(128 + 45 * soft / soft.std(axis=(1, 2, 3), keepdims=True))


def jpeg(picture: Picture, quality: int) -> Picture:
    written = io.BytesIO()
    Image.fromarray(picture[..., 0]).save(written, "JPEG", quality=quality)
    return np.asarray(Image.open(written))[..., None]


def resampled(picture: Picture) -> Picture:
    small = Image.fromarray(picture[..., 0]).resize((13, 13), Image.Resampling.BILINEAR)
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BILINEAR))[..., None]


KINDS: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "brightness": lambda picture, random: clip(picture + random.uniform(-30.0, 30.0)),
    "contrast": lambda picture, random: clip((picture - 128.0) * random.uniform(0.6, 1.3) + 128),
    "noise": lambda picture, random: clip(picture + random.normal(0, 5, picture.shape)),
    "jpeg": lambda picture, random: jpeg(picture, int(random.integers(60, 95))),
    "resampled": lambda picture, random: resampled(picture),
}


def data_set(train: Picture, test: Picture | None = None, y: NDArray[Any] | None = None, **more: Any) -> Dataset:
    labels = (np.arange(len(train)) % 2 if y is None else y).astype(np.int32)
    return Dataset(
        "made", "images", train.reshape(len(train), -1), labels, ["a", "b"],
        X_test=None if test is None else test.reshape(len(test), -1),
        image_shape=(SIDE, SIDE, train.shape[-1]), pixel_max=255, **more,
    )  # fmt: skip


def with_copies(n: int = 600, n_copies: int = 120, seed: int = 3, channels: int = 1) -> tuple[Picture, NDArray[Any]]:
    """Pictures and copies of the first ones with a little noise; and the source of every row."""
    base, random = pictures(n, seed, channels), np.random.default_rng(seed)
    copies = clip(base[:n_copies] + random.normal(0, 4, base[:n_copies].shape))
    return np.concatenate([base, copies]), np.concatenate([np.arange(n), np.arange(n_copies)])


def groups_of(X: Picture, **more: Any) -> NDArray[np.int64]:
    copies = find_near_copies(data_set(X, **more)).near_copies
    assert copies is not None
    return copies.train


def same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two numberings are the same partition."""
    return len(np.unique(a)) == len(np.unique(b)) == len(np.unique(np.stack([a, b]), axis=1).T)


@pytest.mark.parametrize("kind", KINDS)
def test_planted_copies_are_found_and_no_others(kind: str) -> None:
    base, random = pictures(800), np.random.default_rng(1)
    copies = np.stack([KINDS[kind](picture, random) for picture in base[:200]])
    groups = groups_of(np.concatenate([base, copies]))
    assert np.mean(groups[800:] == groups[:200]) >= 0.95
    pair = groups[:, None] == groups
    source = np.concatenate([np.arange(800), np.arange(200)])
    assert not pair[source[:, None] != source].any()


def test_different_pictures_make_no_groups() -> None:
    found = find_near_copies(data_set(pictures(1000), pictures(50, seed=9)))
    assert found.near_copies is not None and not found.near_copies.has_groups
    assert (found.groups_train, found.groups_from) == (None, None)
    assert found.near_copies.test_in_train is not None and not found.near_copies.test_in_train.any()


def test_resemblance_that_grows_steadily_is_chance_and_a_gap_in_it_is_a_copy() -> None:
    """Points filling a plane: many pairs resemble each other, and none stands out until one is planted."""
    x, y = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    place = np.random.default_rng(0).uniform(-0.4, 0.4, (700, 4))
    blobs = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / (0.15 + 0.1 * c**2) - d * x) for a, b, c, d in place]
    filled = clip(np.stack(blobs)[..., None] * 120)
    copies = find_near_copies(data_set(filled)).near_copies
    assert copies is not None and copies.n_resembling > 500
    assert copies.n_pairs == 0


def test_colour_tells_pictures_apart() -> None:
    X, source = with_copies(channels=3)
    assert same(groups_of(X), source)
    grey = pictures(300)
    red, blue = (np.where(np.arange(3) == channel, grey, 0).astype(np.uint8) for channel in (0, 2))
    assert len(np.unique(groups_of(np.concatenate([red, blue])))) == 600


def test_pictures_without_contrast_are_copies_of_nothing() -> None:
    X, source = with_copies()
    X[10], X[20], X[25] = 0, 0, 255
    groups = groups_of(X)
    assert np.isin(groups[[10, 20, 25]], np.delete(groups, [10, 20, 25])).sum() == 0
    assert len(np.unique(groups[[10, 20, 25]])) == 3
    kept = ~np.isin(source, [10, 20, 25])
    assert same(groups[kept], source[kept])


def test_the_order_of_the_rows_does_not_matter() -> None:
    X, _ = with_copies()
    order = np.random.default_rng(4).permutation(len(X))
    assert same(groups_of(X)[order], groups_of(X[order]))


def test_test_rows_never_join_two_training_groups() -> None:
    """A test row halfway between two training pictures resembles both; the groups of the training rows stay."""
    X, _ = with_copies()
    picture = pictures(1, seed=77)[0].astype(float)
    bridge_ends = [picture + step * pictures(1, seed=78)[0] for step in (0.0, 0.22)]
    train = np.concatenate([X, clip(np.stack([bridge_ends[0]] * 2 + [bridge_ends[1]] * 2))])
    test = clip(np.stack([(bridge_ends[0] + bridge_ends[1]) / 2, X[0]]))
    alone = find_near_copies(data_set(train)).near_copies
    beside = find_near_copies(data_set(train, test)).near_copies
    assert alone is not None and beside is not None
    np.testing.assert_array_equal(alone.train, beside.train)


def test_test_rows_take_the_group_they_copy_and_are_grouped_among_themselves() -> None:
    X, _ = with_copies()
    random = np.random.default_rng(8)
    new = pictures(3, seed=55)
    test = clip(np.concatenate([X[[5, 300]], new, new[:1]]) + random.normal(0, 4, (6, SIDE, SIDE, 1)))
    found = find_near_copies(data_set(X, test))
    copies = found.near_copies
    assert copies is not None and copies.test is not None and copies.test_in_train is not None
    assert copies.test_in_train.tolist() == [True, True, False, False, False, False]
    assert copies.test[0] == copies.train[5] and copies.test[1] == copies.train[300]
    assert copies.test[2] == copies.test[5] and len(np.unique(copies.test[2:5])) == 3
    assert not np.isin(copies.test[2:], copies.train).any()
    assert found.groups_from == "found" and found.groups_test is copies.test
    described = card(found)["groups"]
    assert (described["found"], described["declared"], described["leaking"]) == (True, False, 2)
    assert (described["n_test_copies"], described["n_rows_with_copies"], described["threshold"]) == (2, 240, 0.98)


def test_declared_groups_win_and_the_search_is_still_made() -> None:
    X, _ = with_copies()
    declared = np.arange(len(X)) // 10
    found = find_near_copies(data_set(X, groups_train=declared, groups_from="declared"))
    assert found.groups_train is declared and found.groups_from == "declared"
    assert found.near_copies is not None and found.near_copies.has_groups


def test_a_group_of_too_many_rows_is_left_alone() -> None:
    X, source = with_copies()
    many = clip(pictures(1, seed=40) + np.random.default_rng(0).normal(0, 4, (60, SIDE, SIDE, 1)))
    copies = find_near_copies(data_set(np.concatenate([X, many]))).near_copies
    assert copies is not None
    assert copies.too_large == (60,)
    assert len(np.unique(copies.train[len(X) :])) == 60
    assert same(copies.train[: len(X)], source)


def test_the_largest_group_is_a_hundredth_of_the_rows_and_more_in_small_sets() -> None:
    assert [largest_group(n) for n in (5, 60, 500, 2_000, 60_000)] == [2, 6, 20, 20, 600]


def test_a_group_that_holds_a_whole_class_is_left_alone_so_that_splits_stay_possible() -> None:
    X, source = with_copies()
    y = np.where(source == 7, 1, 0)
    found = find_near_copies(data_set(X, y=y))
    copies = found.near_copies
    assert copies is not None and copies.whole_class == (2,)
    kept = source != 7
    assert same(copies.train[kept], source[kept])
    train, validation = split_validation(found.y_train, found.groups_train, 0.5, "x")
    assert len(train) and len(validation)


def test_groups_across_classes_are_counted_as_mixed() -> None:
    X, source = with_copies()
    y = source % 2
    y[-1] = 1 - y[-1]
    described = card(find_near_copies(data_set(X, y=y)))["groups"]
    assert described["n_mixed"] == 1


def test_a_chain_is_cut_where_its_end_no_longer_resembles_the_centre() -> None:
    angles = np.deg2rad(np.arange(0, 90, 8))  # neighbours correlate 0.99, the ends 0.03
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    first = np.arange(len(angles) - 1)
    pairs = Pairs(first, first + 1, np.full(len(first), 0.99, np.float32), 0.9)
    groups = joined(pairs, features)
    assert len(np.unique(groups)) > 1
    for group in np.unique(groups):
        inside = features[groups == group]
        assert (inside @ inside.T).min() > np.cos(2 * np.arccos(0.94)) - 1e-6
    assert same(groups[::-1], joined(pairs, features[::-1]))


def test_groups_without_a_whole_class_stay_as_they_are() -> None:
    groups = np.array([0, 0, 1, 1, 2, 3])
    alone = without_whole_classes(groups, np.array([0, 0, 0, 1, 1, 0], np.int32))
    assert alone.sizes == ()
    np.testing.assert_array_equal(alone.groups, groups)


def test_plain_rows_are_grouped_where_they_are_equal() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 3)).astype(np.float32)
    X[50], X[60, 0] = X[3], np.nan
    X[61] = X[60]
    dataset = Dataset(
        "x", "rows", X, (np.arange(300) % 2).astype(np.int32), ["a", "b"], X_test=X[[3, 9]] + np.float32([[0], [1]])
    )
    found = find_near_copies(dataset)
    copies = found.near_copies
    assert copies is not None and copies.threshold is None and copies.test is not None
    assert copies.train[50] == copies.train[3] and copies.train[61] == copies.train[60]
    assert len(np.unique(copies.train)) == 298
    assert copies.test[0] == copies.train[3] and copies.test[1] not in copies.train
    assert copies.test_in_train is not None and copies.test_in_train.tolist() == [True, False]
    assert show_group(found) is None


def test_many_equal_plain_rows_are_left_alone() -> None:
    X = np.arange(400, dtype=np.float32)[:, None].repeat(2, axis=1)
    X[:50] = 1
    dataset = Dataset("x", "rows", X, (np.arange(400) % 2).astype(np.int32), ["a", "b"], X_test=X[:2])
    copies = find_near_copies(dataset).near_copies
    assert copies is not None and copies.too_large == (50,) and len(np.unique(copies.train)) == 400


def test_groups_equal_those_of_a_plain_search_where_nothing_is_alike_by_chance() -> None:
    X, _ = with_copies()
    features = image_features(X.reshape(len(X), -1), (SIDE, SIDE, 1))
    linked = np.corrcoef(features) >= 0.98
    _, expected = connected_components(coo_matrix(linked), directed=False)
    assert same(groups_of(X), expected)


@pytest.mark.parametrize("kind", ["equal", "noisy"])
def test_thousands_of_placeholder_pictures_hide_no_other_copies(kind: str) -> None:
    random = np.random.default_rng(0)
    films = clip(np.repeat(pictures(100), 5, axis=0) + random.normal(0, 4, (500, SIDE, SIDE, 1)))
    many = pictures(1, seed=99).repeat(3_000, axis=0)
    if kind == "noisy":
        many = clip(many + random.integers(-2, 3, many.shape))
    found = find_near_copies(data_set(np.concatenate([films, many])))
    copies, described = found.near_copies, card(found)["groups"]
    assert copies is not None
    assert same(copies.train[:500], np.repeat(np.arange(100), 5))
    if kind == "equal":
        assert copies.too_large == (3_000,) and copies.not_searched == 0
        assert described["not_searched_words"] is None
    else:
        assert copies.not_searched == described["not_searched"] == 3_000
        assert described["not_searched_words"].startswith("3,000 of 3,500 training rows resemble so many others")


def test_of_many_equal_rows_all_are_in_the_group_also_among_test_rows() -> None:
    X, _ = with_copies()
    train, test = np.concatenate([X, X[:1].repeat(4, axis=0)]), np.concatenate([X[1:2].repeat(5, axis=0), X[590:591]])
    copies = find_near_copies(data_set(train, test)).near_copies
    assert copies is not None and copies.test is not None and copies.test_in_train is not None
    assert (copies.train[len(X) :] == copies.train[0]).all() and (copies.train == copies.train[0]).sum() == 6
    assert (copies.test[:5] == copies.train[1]).all() and copies.test[5] == copies.train[590]
    assert copies.test_in_train.all()


def test_copies_among_test_rows_alone_make_groups_and_change_no_split() -> None:
    train, random = pictures(400), np.random.default_rng(0)
    test = clip(np.repeat(pictures(60, seed=44), 5, axis=0) + random.normal(0, 4, (300, SIDE, SIDE, 1)))
    found = find_near_copies(data_set(train, test))
    assert found.groups_from == "found" and found.groups_test is not None
    assert same(found.groups_test, np.repeat(np.arange(60), 5))
    assert found.near_copies is not None and not found.near_copies.has_groups and found.near_copies.has_test_groups
    for divide in (split_validation, holdout):
        with_them, without = divide(found.y_train, found.groups_train, 0.2, "a"), divide(found.y_train, None, 0.2, "a")
        np.testing.assert_array_equal(with_them[1], without[1])
    with_them, without = (folds(found.y_train, groups, 5, "a") for groups in (found.groups_train, None))
    for part, other in zip(with_them, without, strict=True):
        np.testing.assert_array_equal(part, other)


def test_near_copies_in_several_declared_groups_are_counted() -> None:
    X, source = with_copies()
    declared = source.copy()
    declared[-3:] = 700 + np.arange(3)
    found = find_near_copies(data_set(X, X[:2], groups_train=declared, groups_from="declared"))
    described = card(found)["groups"]
    assert (described["n_across_declared"], described["n_rows_across_declared"]) == (3, 6)
    of_test = replace(found, groups_test=np.array([0, 900]))
    described = card(of_test)["groups"]  # of two test rows that copy a training row, one is declared to be of another
    assert (described["n_across_declared"], described["n_rows_across_declared"]) == (4, 9)
    assert card(find_near_copies(data_set(X)))["groups"]["n_across_declared"] is None


def digit_parts(n: int, seed: int) -> Picture:
    rows = np.random.default_rng(seed).permutation(1_797)[:n]
    return load("digits").X_train[rows].reshape(-1, 8, 8, 1) * np.uint8(15)


@pytest.mark.parametrize("n", [40, 100, 400, 800])
def test_small_parts_of_digits_raise_no_false_alarm_and_their_copies_are_found(n: int) -> None:
    for seed in range(4):
        X, random = digit_parts(n, seed), np.random.default_rng(seed)
        y = np.arange(n) % 2
        parts = replace(data_set(X, y=y), image_shape=(8, 8, 1))
        assert find_near_copies(parts).groups_from is None
        copied = clip(X[:2] * 0.8 + random.normal(0, 2, (2, 8, 8, 1)))
        parts = replace(data_set(np.concatenate([X, copied])), image_shape=(8, 8, 1))
        copies = find_near_copies(parts).near_copies
        assert copies is not None and copies.closeness is not None and copies.closeness <= 0.2  # never relaxed
        np.testing.assert_array_equal(copies.train[n:], copies.train[:2])


@pytest.mark.parametrize("n", [40, 400])
def test_blobs_of_two_and_three_numbers_make_no_groups(n: int) -> None:
    x, y = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    for seed in range(6):
        place = np.random.default_rng(seed).uniform(-0.5, 0.5, (n, 3)) * [1, 1, seed % 2]
        blobs = np.stack([np.exp(-((x - a) ** 2 + (y - b) ** 2) / (0.2 + 0.1 * c)) for a, b, c in place])
        assert find_near_copies(data_set(clip(200 * blobs[..., None]))).groups_from is None


def plain_rows(X: NDArray[Any], test: NDArray[Any] | None = None) -> Dataset:
    y = (np.arange(len(X)) % 2).astype(np.int32)
    return Dataset("x", "rows", X.astype(np.float32), y, ["a", "b"], X_test=test)


def test_equal_rows_of_a_table_of_few_values_are_no_copies() -> None:
    random = np.random.default_rng(0)
    dice = random.integers(0, 3, (1_500, 4))
    doubled = np.concatenate([dice, dice], axis=1)  # columns that depend on each other
    one_hot = np.eye(3)[dice].reshape(1_500, 12)
    rare = random.poisson(0.2, (1_500, 12))
    for X in (dice, doubled, one_hot, rare):
        found = find_near_copies(plain_rows(X, X[:20].astype(np.float32)))
        copies = found.near_copies
        assert copies is not None and copies.n_resembling > 100 and copies.n_pairs == 0
        assert found.groups_from is None and copies.too_large == ()
        assert copies.test_in_train is not None and not copies.test_in_train.any()


def test_equal_rows_of_whole_numbers_are_copies_where_no_part_of_them_repeats() -> None:
    X = np.random.default_rng(0).integers(0, 100, (600, 10))
    X[500:540] = X[:40]
    copies = find_near_copies(plain_rows(X)).near_copies
    assert copies is not None and copies.n_pairs == 40
    np.testing.assert_array_equal(copies.train[500:540], copies.train[:40])


def test_moved_copies_of_plain_rows_are_refused() -> None:
    with pytest.raises(DataError, match="these are plain rows"):
        find_near_copies(plain_rows(np.eye(4)), registered=True)


class TestCache:
    def test_a_second_search_answers_from_the_cache(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        X, _ = with_copies()
        first = find_near_copies(data_set(X, X[:3])).near_copies
        monkeypatch.setattr(search, "_images", lambda *_: pytest.fail("searched again"))
        again = find_near_copies(data_set(X, X[:3])).near_copies
        assert first is not None and again is not None
        for name in ("train", "test", "test_in_train"):
            np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        arrays = dict.fromkeys(("train", "test", "test_in_train"))
        assert replace(first, **arrays).__dict__ == replace(again, **arrays).__dict__

    @pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"x" * len(raw)])
    def test_a_damaged_file_is_searched_again(self, damage: Callable[[bytes], bytes], cache: Path) -> None:
        X, _ = with_copies()
        expected = groups_of(X)
        (file,) = (cache / "near-copies").iterdir()
        file.write_bytes(damage(file.read_bytes()))
        np.testing.assert_array_equal(groups_of(X), expected)
        with np.load(file, allow_pickle=False) as kept:
            np.testing.assert_array_equal(kept["train"], expected)

    @pytest.mark.parametrize("kind", ["array", "encrypted", "unknown compression"])
    def test_a_file_of_another_kind_is_searched_again(self, kind: str, cache: Path) -> None:
        X, _ = with_copies()
        expected = groups_of(X)
        (file,) = (cache / "near-copies").iterdir()
        raw = bytearray(file.read_bytes())
        if kind == "array":
            with file.open("wb") as other:
                np.save(other, np.zeros(3))
        else:
            for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # flags, then the method of compression
                at = raw.find(magic)
                while at >= 0:
                    raw[at + place + (0 if kind == "encrypted" else 2)] = 1 if kind == "encrypted" else 77
                    at = raw.find(magic, at + 1)
            file.write_bytes(raw)
        np.testing.assert_array_equal(groups_of(X), expected)

    def test_fields_of_another_release_are_no_error(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        X, _ = with_copies()
        written = search._as_arrays
        monkeypatch.setattr(search, "_as_arrays", lambda found: {**written(found), "of_tomorrow": np.array(1)})
        expected = groups_of(X)
        np.testing.assert_array_equal(groups_of(X), expected)

    def test_changed_content_is_noticed(self, cache: Path) -> None:
        X, _ = with_copies()
        expected = groups_of(X)
        (file,) = (cache / "near-copies").iterdir()
        with np.load(file) as kept:
            arrays = {**kept, "train": np.zeros_like(kept["train"])}
        np.savez(file, **arrays)
        np.testing.assert_array_equal(groups_of(X), expected)

    def test_a_folder_that_cannot_be_written_is_no_error(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "file"))
        X, source = with_copies()
        assert same(groups_of(X), source)

    def test_other_rows_have_another_answer(self, cache: Path) -> None:
        X, source = with_copies()
        groups_of(X)
        assert same(groups_of(X[:-1]), source[:-1])

    @pytest.fixture
    def cache(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
        return tmp_path / "cache"


def test_the_group_to_show_is_of_typical_size_and_begins_with_its_first_row() -> None:
    base, random = pictures(400), np.random.default_rng(2)
    triples = clip(np.repeat(base[:60], 2, axis=0) + random.normal(0, 4, (120, SIDE, SIDE, 1)))
    dataset = find_near_copies(data_set(np.concatenate([base, triples])))
    shown = show_group(dataset)
    assert shown is not None
    rows, similarity = shown
    assert len(rows) == 3 and dataset.groups_train is not None and rows[0] == rows.min()
    assert len(np.unique(dataset.groups_train[rows])) == 1
    assert similarity[0] == 1 and (np.diff(similarity) <= 0).all() and similarity.min() >= 0.98
    features = image_features(dataset.X_train[rows], (SIDE, SIDE, 1))
    np.testing.assert_allclose(similarity, features @ features[0], atol=1e-6)
    assert len(show_group(dataset, most=2)[0]) == 2  # type: ignore[index]
    assert show_group(dataset, train=rows[:1]) is None
    assert show_group(data_set(base)) is None
    assert show_group(find_near_copies(data_set(base))) is None


def test_progress_reaches_its_total() -> None:
    told: list[dict[str, Any]] = []
    find_near_copies(data_set(pictures(50, seed=123)), lambda event: told.append(dict(event)))
    assert told[-1]["done"] == told[-1]["total"] and told[-1]["stage"] == "comparing"


@pytest.mark.data
def test_sign_language_mnist_has_about_1200_groups_each_of_one_class() -> None:
    dataset = find_near_copies(load("sign-mnist"))
    described = card(dataset)["groups"]
    assert 1_100 <= described["n_groups"] <= 1_350
    assert described["n_mixed"] == 0
    assert 18 <= described["median_size"] <= 24
    assert described["too_large"] == []
    assert 0 < described["n_test_copies"] < 0.1 * 7_172
    copies = dataset.near_copies
    assert copies is not None and copies.test is not None and dataset.y_test is not None
    # A test row and the training rows of its group show the same sign.
    leaking = np.isin(copies.test, copies.train)
    label = dict(zip(copies.train.tolist(), dataset.y_train.tolist(), strict=True))
    assert all(label[g] == y for g, y in zip(copies.test[leaking], dataset.y_test[leaking], strict=True))


@pytest.mark.parametrize("name", ["digits", pytest.param("mnist", marks=[pytest.mark.data, pytest.mark.slow])])
def test_handwritten_digits_raise_no_false_alarm(name: str) -> None:
    found = find_near_copies(load(name))
    assert found.near_copies is not None and found.near_copies.n_resembling > 50
    assert not found.near_copies.has_groups and found.groups_from is None


@pytest.mark.data
def test_a_part_of_mnist_raises_no_false_alarm() -> None:
    whole = load("mnist")
    part = replace(whole, X_train=whole.X_train[::5], y_train=whole.y_train[::5], X_test=whole.X_test[::5], y_test=None)
    found = find_near_copies(part)
    assert found.near_copies is not None and found.near_copies.n_resembling > 5_000
    assert not found.near_copies.has_groups
    assert found.near_copies.test_in_train is not None and not found.near_copies.test_in_train.any()


def test_shifted_copies_are_found_where_they_are_asked_for() -> None:
    base = np.zeros((300, SIDE, SIDE, 1), np.uint8)
    base[:, 3:-3, 3:-3] = pictures(300, seed=30)[:, 3:-3, 3:-3]
    shifted = np.roll(base[:100], (1, -2), axis=(1, 2))
    X = np.concatenate([base, shifted])
    assert len(np.unique(groups_of(X))) > 390
    copies = find_near_copies(data_set(X, shifted[:5]), registered=True).near_copies
    assert copies is not None and copies.registered and copies.test_in_train is not None
    assert np.mean(copies.train[300:] == copies.train[:100]) >= 0.5
    pair = copies.train[:, None] == copies.train
    source = np.concatenate([np.arange(300), np.arange(100)])
    assert not pair[source[:, None] != source].any()
    assert copies.test_in_train.all()


def test_many_more_test_rows_than_training_rows_change_no_training_group() -> None:
    X, source = with_copies(200, 40)
    test = np.concatenate([X[:30], pictures(700, seed=66)])
    copies = find_near_copies(data_set(X, test)).near_copies
    assert copies is not None and copies.test is not None and copies.test_in_train is not None
    assert same(copies.train, source)
    np.testing.assert_array_equal(copies.train, groups_of(X))
    assert copies.test_in_train.tolist() == [True] * 30 + [False] * 700
    np.testing.assert_array_equal(copies.test[:30], copies.train[:30])


def test_more_rows_than_all_pairs_allow_are_searched_approximately(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    monkeypatch.setattr(search, "_EXACT_ROWS", 500)
    X, source = with_copies(1_000, 200)
    copies = find_near_copies(data_set(X, X[:5])).near_copies
    assert copies is not None and not copies.exact_search and copies.test_in_train is not None
    assert np.mean(copies.train[1_000:] == copies.train[:200]) >= 0.95
    pair = copies.train[:, None] == copies.train
    assert not pair[source[:, None] != source].any()
    assert copies.test_in_train.mean() >= 0.8
    with pytest.raises(DataError, match="at most 500 rows; these are 1,205"):
        find_near_copies(data_set(X, X[:5]), registered=True)
