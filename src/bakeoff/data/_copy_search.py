"""Find the near-copies of a data set and make groups of them."""

import hashlib
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._approximate import neighbour_pairs
from bakeoff.data._chance import THRESHOLD, gap_ratios, told_from_chance
from bakeoff.data._copies import row_digests
from bakeoff.data._dataset import Dataset
from bakeoff.data._linkage import joined, numbered, without_large, without_whole_classes
from bakeoff.data._near_copies import NearCopies
from bakeoff.data._registered import attached, moved_copies, registered_pairs
from bakeoff.data._remembered import recall, remember
from bakeoff.data._similarity import Features, Pairs, chosen_floor, image_features, similar_pairs
from bakeoff.errors import DataError
from bakeoff.types import Groups, ProgressCallback

__all__ = ["find_near_copies"]

_METHOD = "near-copies 1"  # raise the number whenever the same rows would be answered otherwise
_EXACT_ROWS = 200_000  # all pairs of so many take some minutes on two cores, and the time grows with the square


def find_near_copies(dataset: Dataset, progress: ProgressCallback | None = None, registered: bool = False) -> Dataset:
    """Search a data set for rows that are near-copies of each other, and group them.

    Images: pairs whose slightly smoothed pictures correlate at 0.98 or more, as far as chance resemblance does not
    explain them; see ``docs/near-copies.md``. Plain rows: equal ones. Groups follow from training rows alone.

    Parameters
    ----------
    dataset : Dataset
    progress : callable or None
        Is told ``{"stage": "comparing", "name": "images", "done", "total"}`` now and then; the stage is
        ``"registering"`` where images are moved onto each other.
    registered : bool
        Look for shifted and turned copies of images too. It takes many times longer and finds a part of them.

    Returns
    -------
    Dataset
        The same with `near_copies`; where no groups are declared and some training row has a near-copy, also with
        `groups_train`, `groups_test` and ``groups_from="found"``.

    Raises
    ------
    MissingExtraError
        If there are more than 200,000 rows and faiss is not installed.
    DataError
        If moved copies are asked for among more than 200,000 rows.

    Notes
    -----
    The answer is kept in the cache folder (``BAKEOFF_CACHE``) under the hash of the rows.

    Examples
    --------
    >>> from bakeoff.data import load
    >>> digits = find_near_copies(load("digits"))
    >>> digits.near_copies.has_groups, digits.groups_from
    (False, None)
    """
    key = _key(dataset, registered)
    kept = recall(key)
    found = None if kept is None else _from_arrays(kept)
    if found is None or len(found.train) != len(dataset.X_train):
        found = _images(dataset, progress, registered) if dataset.image_shape is not None else _plain_rows(dataset)
        remember(key, _as_arrays(found))
    alone = without_whole_classes(found.train, dataset.y_train)
    if alone.sizes:
        found = replace(found, train=alone.groups, test=_renumbered(found, alone.groups), whole_class=alone.sizes)
    if dataset.groups_from == "declared" or not found.has_groups:
        return replace(dataset, near_copies=found)
    return replace(dataset, near_copies=found, groups_train=found.train, groups_test=found.test, groups_from="found")


def _images(dataset: Dataset, progress: ProgressCallback | None, registered: bool) -> NearCopies:
    assert dataset.image_shape is not None  # noqa: S101 - the caller asked
    n_train = len(dataset.X_train)
    n_rows = n_train + (0 if dataset.X_test is None else len(dataset.X_test))
    exact = n_rows <= _EXACT_ROWS
    features = np.concatenate(
        [
            image_features(X, dataset.image_shape, np.float32 if exact else np.float16)
            for X in (dataset.X_train, dataset.X_test)
            if X is not None
        ]
    )
    if registered and not exact:
        raise DataError(
            f"registered: moved copies are looked for among at most {_EXACT_ROWS:,} rows; these are {n_rows:,}. "
            "Leave it out."
        )
    within, pairs = _searched(features, n_train, exact, progress)
    moved = None
    if registered:
        X = dataset.X_train if dataset.X_test is None else np.concatenate([dataset.X_train, dataset.X_test])
        moved = moved_copies(registered_pairs(X, dataset.image_shape, features, progress), n_train)
    return replace(_grouped(within, pairs, moved, features, n_train), exact_search=exact)


def _searched(
    features: Features, n_train: int, exact: bool, progress: ProgressCallback | None
) -> tuple[Pairs, Pairs | None]:
    """The pairs among training rows, which follow from those alone, and among all rows; None without test rows."""
    train, has_test = features[:n_train], len(features) > n_train
    if not exact:
        return neighbour_pairs(train, progress), neighbour_pairs(features, progress) if has_test else None
    floor = chosen_floor(train)
    if has_test and len(features) <= 2 * n_train:
        pairs = similar_pairs(features, floor, progress)
        return pairs.chosen(pairs.second < n_train), pairs
    # Among many more test rows than training rows, that floor might let through more pairs than memory holds.
    within = similar_pairs(train, floor, progress)
    return within, similar_pairs(features, max(floor, chosen_floor(features)), progress) if has_test else None


def _grouped(within: Pairs, pairs: Pairs | None, moved: Pairs | None, features: Features, n_train: int) -> NearCopies:
    ratios = gap_ratios(within, np.ones(len(within), dtype=np.bool_))
    verdict = told_from_chance(within, ratios)
    copies = within.chosen(ratios <= (verdict.closeness or -1))
    groups = joined(copies, features[:n_train])
    if moved is not None:
        groups = attached(groups, moved.chosen(moved.second < n_train))
    large = without_large(groups)
    test, in_train = None, None
    if pairs is not None:
        ratios = gap_ratios(pairs, pairs.second >= n_train)
        # That training rows come in many copies says nothing of test rows: what is relaxed for those stays strict here.
        of_test = pairs.chosen(ratios <= (verdict.strict or told_from_chance(pairs, ratios).strict or -1))
        if moved is not None:
            of_test = of_test.and_others(moved.chosen(moved.second >= n_train))
        test, in_train = _test_groups(of_test, large.groups, features[n_train:])
    return NearCopies(
        threshold=THRESHOLD,
        train=large.groups,
        test=test,
        test_in_train=in_train,
        too_large=large.sizes,
        n_resembling=verdict.n_resembling,
        n_pairs=len(copies),
        expected_by_chance=verdict.expected_by_chance,
        closeness=verdict.closeness,
        registered=moved is not None,
    )


def _test_groups(pairs: Pairs, train: Groups, features: Features) -> tuple[Groups, NDArray[np.bool_]]:
    """Groups of the test rows: that of the nearest training row they copy, or that a test row beside them copies.

    Test rows are joined among themselves; no training group changes.
    """
    n_train, n_test = len(train), len(features)
    within = pairs.chosen(pairs.first >= n_train)
    own = joined(replace(within, first=within.first - n_train, second=within.second - n_train), features)
    across = pairs.chosen(pairs.first < n_train)
    copied, row = train[across.first], across.second - n_train
    nearest = np.lexsort((copied, -across.similarity))[::-1]  # the nearest is written last
    in_train = np.zeros(n_test, dtype=np.bool_)
    in_train[row] = True
    test = train.max() + 1 + own
    of_own = np.full(n_test, -1, dtype=np.int64)
    of_own[own[row[nearest]]] = copied[nearest]
    test = np.where(of_own[own] >= 0, of_own[own], test)
    test[row[nearest]] = copied[nearest]
    return test, in_train


def _plain_rows(dataset: Dataset) -> NearCopies:
    number: dict[bytes, int] = {}
    train = np.array([number.setdefault(digest, len(number)) for digest in row_digests(dataset.X_train)])
    n_known = len(number)
    large = without_large(train)
    test = in_train = None
    if dataset.X_test is not None:
        test = np.array([number.setdefault(digest, len(number)) for digest in row_digests(dataset.X_test)])
        in_train = test < n_known
    found = NearCopies(threshold=None, train=train, test=test, test_in_train=in_train, too_large=large.sizes)
    sizes = np.unique(train, return_counts=True)[1]
    n_pairs = int((sizes * (sizes - 1) // 2).sum())
    return replace(
        found, train=large.groups, test=_renumbered(found, large.groups), n_resembling=n_pairs, n_pairs=n_pairs
    )


def _renumbered(found: NearCopies, train: Groups) -> Groups | None:
    """The groups of the test rows after those of the training rows were divided: each goes with a first row."""
    if found.test is None:
        return None
    first = np.full(max(found.train.max(), found.test.max()) + 1, -1, dtype=np.int64)
    unique, rows = np.unique(found.train, return_index=True)
    first[unique] = train[rows]
    fresh = train.max() + 1 + numbered(found.test)
    return np.where(first[found.test] >= 0, first[found.test], fresh)


def _key(dataset: Dataset, registered: bool) -> str:
    digest = hashlib.sha256(f"{_METHOD};{_EXACT_ROWS};{dataset.image_shape};{registered};".encode())
    for X in (dataset.X_train, dataset.X_test):
        if X is None:
            digest.update(b"none;")
        else:
            digest.update(f"{X.dtype.str}{X.shape};".encode())
            digest.update(np.ascontiguousarray(X).data)
    return digest.hexdigest()


def _as_arrays(found: NearCopies) -> dict[str, NDArray[Any]]:
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    return {name: np.asarray(value) for name, value in values.items() if value is not None}


def _from_arrays(arrays: dict[str, NDArray[Any]]) -> NearCopies:
    values: dict[str, Any] = {"threshold": None}
    for name, array in arrays.items():
        if name in ("train", "test", "test_in_train"):
            values[name] = array
        elif array.ndim:
            values[name] = tuple(int(size) for size in array)
        else:
            values[name] = array.item()
    return NearCopies(**values)
