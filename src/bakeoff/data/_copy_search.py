"""Find the near-copies of a data set and make groups of them."""

import hashlib
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._approximate import neighbour_pairs
from bakeoff.data._chance import THRESHOLD, Background, gap_ratios, measured_background, told_from_chance
from bakeoff.data._copies import first_equal
from bakeoff.data._dataset import Dataset
from bakeoff.data._linkage import joined, largest_group, numbered, without_large, without_whole_classes
from bakeoff.data._near_copies import NearCopies
from bakeoff.data._plain_copies import repeats_are_copies
from bakeoff.data._registered import attached, moved_copies, registered_pairs
from bakeoff.data._remembered import recall, remember
from bakeoff.data._similarity import Features, Pairs, chosen_reach, image_features, nearest_of_some, similar_pairs
from bakeoff.errors import DataError
from bakeoff.types import Groups, ProgressCallback, RowIndices, Rows

__all__ = ["find_near_copies"]

_FEWEST_NEIGHBOURS = 64
_MORE_NEIGHBOURS = 8  # past the largest group, so that the gap after it is seen
_METHOD = "near-copies 2"  # raise the number whenever the same rows would be answered otherwise
_EXACT_ROWS = 200_000  # all pairs of so many take some minutes on two cores, and the time grows with the square


def find_near_copies(dataset: Dataset, progress: ProgressCallback | None = None, registered: bool = False) -> Dataset:
    """Search a data set for rows that are near-copies of each other, and group them.

    Images: pairs whose slightly smoothed pictures correlate at 0.98 or more, as far as chance resemblance does not
    explain them; see ``docs/near-copies.md``. Plain rows: equal ones, unless the table is one whose rows repeat by
    nature. Groups of training rows follow from those alone.

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
        The same with `near_copies`; where no groups are declared and some row has a near-copy, also with
        `groups_train`, `groups_test` and ``groups_from="found"``.

    Raises
    ------
    MissingExtraError
        If there are more than 200,000 rows and faiss is not installed.
    DataError
        If moved copies are asked for among more than 200,000 rows, or of plain rows.

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
    if registered and dataset.image_shape is None:
        raise DataError("moved copies are looked for among images, and these are plain rows. Leave it out.")
    key = _key(dataset, registered)
    kept = recall(key)
    found = None if kept is None else _from_arrays(kept)
    if found is None or len(found.train) != len(dataset.X_train):
        found = _images(dataset, progress, registered) if dataset.image_shape is not None else _plain_rows(dataset)
        remember(key, _as_arrays(found))
    alone = without_whole_classes(found.train, dataset.y_train)
    if alone.sizes:
        found = replace(found, train=alone.groups, test=_renumbered(found, alone.groups), whole_class=alone.sizes)
    if dataset.groups_from == "declared" or not (found.has_groups or found.has_test_groups):
        return replace(dataset, near_copies=found)
    return replace(dataset, near_copies=found, groups_train=found.train, groups_test=found.test, groups_from="found")


def _images(dataset: Dataset, progress: ProgressCallback | None, registered: bool) -> NearCopies:
    assert dataset.image_shape is not None  # noqa: S101 - the caller asked
    n_rows = len(dataset.X_train) + (0 if dataset.X_test is None else len(dataset.X_test))
    exact = n_rows <= _EXACT_ROWS
    if registered and not exact:
        raise DataError(
            f"moved copies are looked for among at most {_EXACT_ROWS:,} rows; these are {n_rows:,}. Leave it out."
        )
    train = _TwoOfEqual.of(dataset.X_train)
    test = None if dataset.X_test is None else _TwoOfEqual.of(dataset.X_test)
    kept = [train.rows_of(dataset.X_train)]
    if test is not None and dataset.X_test is not None:
        kept.append(test.rows_of(dataset.X_test))
    dtype = np.float32 if exact else np.float16
    features = np.concatenate([image_features(X, dataset.image_shape, dtype) for X in kept])
    found = _searched(features, len(kept[0]), exact, progress)
    if registered:
        pairs = registered_pairs(np.concatenate(kept), dataset.image_shape, features, progress)
        found = replace(found, moved=moved_copies(pairs, len(kept[0])))
    return replace(_spread(_grouped(found, features), train, test), exact_search=exact)


def _spread(found: NearCopies, train: "_TwoOfEqual", test: "_TwoOfEqual | None") -> NearCopies:
    """The answer for all rows from that for those that were compared, with large groups taken apart."""
    unused = int(found.train.max()) + 1
    if test is not None and found.test is not None and found.test_in_train is not None:
        unused = max(unused, int(found.test.max()) + 1)
        found = replace(
            found,
            test=test.spread(found.test, unused + len(train.place)),
            test_in_train=found.test_in_train[test.place],
        )
    found = replace(found, train=train.spread(found.train, unused))
    large = without_large(found.train)
    return replace(found, train=large.groups, test=_renumbered(found, large.groups), too_large=large.sizes)


@dataclass(frozen=True, eq=False)
class _TwoOfEqual:
    """Of equal rows two are compared with the others, and the rest goes with the first.

    Thousands of copies of one placeholder picture would be millions of pairs, and tell nothing more.

    Parameters
    ----------
    rows : positions of the rows that are compared
    place : (n,) the place in `rows` of every row, of a third or later equal row that of the first
    """

    rows: RowIndices
    place: RowIndices

    @classmethod
    def of(cls, X: Rows) -> "_TwoOfEqual":
        first = first_equal(X)
        row = np.arange(len(X))
        later = np.flatnonzero(first != row)
        second = later[np.unique(first[later], return_index=True)[1]]
        is_kept = first == row
        is_kept[second] = True
        place = np.cumsum(is_kept) - 1
        return cls(np.flatnonzero(is_kept), np.where(is_kept, place, place[first]))

    def rows_of(self, X: Rows) -> Rows:
        """The rows that are compared, without a copy of the whole where none is left out."""
        return X if len(self.rows) == len(X) else X[self.rows]

    def spread(self, groups: Groups, unused: int) -> Groups:
        """Groups of all rows; where two equal rows are not together, further ones are alone, from `unused` on."""
        spread = groups[self.place]
        follows = np.ones(len(spread), dtype=np.bool_)
        follows[self.rows] = False
        alone = follows & (np.bincount(groups)[spread] < 2)
        spread[alone] = unused + np.arange(int(alone.sum()))
        return spread


@dataclass(frozen=True, eq=False)
class _Found:
    """What was found before anything is believed."""

    n_train: int
    within: Pairs
    pairs: Pairs | None
    background: Background
    n_crowded: int
    moved: Pairs | None = None


def _searched(features: Features, n_train: int, exact: bool, progress: ProgressCallback | None) -> _Found:
    """The pairs among training rows, which follow from those alone, and among all rows."""
    train, has_test = features[:n_train], len(features) > n_train
    most = max(_FEWEST_NEIGHBOURS, largest_group(n_train) + _MORE_NEIGHBOURS)
    nearest = nearest_of_some(train, most)
    pairs = None
    if not exact:
        within = neighbour_pairs(train, progress)
        pairs = neighbour_pairs(features, progress) if has_test else None
    else:
        reach = chosen_reach(nearest, n_train)
        if has_test and len(features) <= 2 * n_train:
            pairs = similar_pairs(features, reach, n_train, progress)
            within = pairs.within_first(n_train)
        else:
            within = similar_pairs(train, reach, None, progress)
            if has_test:
                # Among many more test rows than training rows, that floor might let through more pairs than memory
                # holds.
                pairs = similar_pairs(
                    features, chosen_reach(nearest_of_some(features, most), len(features)), n_train, progress
                )
    n_crowded = int((np.asarray(within.floor)[:n_train] > THRESHOLD).sum())
    return _Found(n_train, within, pairs, measured_background(nearest), n_crowded)


def _grouped(found: _Found, features: Features) -> NearCopies:
    within, pairs, n_train = found.within, found.pairs, found.n_train
    ratios = gap_ratios(within, np.ones(len(within), dtype=np.bool_))
    verdict = told_from_chance(within, ratios, found.background, n_train)
    copies = within.chosen(ratios <= (verdict.closeness or -1))
    groups = joined(copies, features[:n_train])
    if found.moved is not None:
        groups = attached(groups, found.moved.chosen(found.moved.second < n_train))
    test, in_train = None, None
    if pairs is not None:
        ratios = gap_ratios(pairs, pairs.second >= n_train)
        strict = verdict.strict
        if strict is None:  # each test row can be like a training row or like another test row
            n_asked = 2 * (len(features) - n_train)
            strict = told_from_chance(pairs, ratios, found.background, n_asked).strict
        # That training rows come in many copies says nothing of test rows: what is relaxed for those stays strict here.
        of_test = pairs.chosen(ratios <= (strict or -1))
        if found.moved is not None:
            of_test = of_test.and_others(found.moved.chosen(found.moved.second >= n_train))
        test, in_train = _test_groups(of_test, groups, features[n_train:])
    return NearCopies(
        threshold=THRESHOLD,
        train=groups,
        test=test,
        test_in_train=in_train,
        n_resembling=verdict.n_resembling,
        n_pairs=len(copies),
        expected_by_chance=verdict.expected_by_chance,
        closeness=verdict.closeness,
        not_searched=found.n_crowded,
        registered=found.moved is not None,
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
    """Equal rows, where they are copies: rows of a table of few values repeat by nature, and new ones will too."""
    X, n_train = dataset.X_train, len(dataset.X_train)
    first = first_equal(X)
    n_equal = _n_equal(first)
    believed = repeats_are_copies(X, first)
    train = numbered(first) if believed else np.arange(n_train)
    large = without_large(train)
    found = NearCopies(
        threshold=None,
        train=train,
        n_resembling=n_equal,
        n_pairs=n_equal if believed else 0,
        too_large=large.sizes,
    )
    if dataset.X_test is not None:
        both = np.concatenate([X, dataset.X_test])
        first = first_equal(both)
        believed = believed or (n_equal == 0 and repeats_are_copies(both, first))
        of_test = first[n_train:] if believed else np.arange(n_train, len(both))
        in_train = of_test < n_train
        test = np.where(in_train, train[np.where(in_train, of_test, 0)], train.max() + 1 + of_test)
        found = replace(found, test=test, test_in_train=in_train)
    return replace(found, train=large.groups, test=_renumbered(found, large.groups))


def _n_equal(first: RowIndices) -> int:
    sizes = np.bincount(first)
    return int((sizes * (sizes - 1) // 2).sum())


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


def _from_arrays(arrays: dict[str, NDArray[Any]]) -> NearCopies | None:
    """None for what another release wrote: fields that are unknown here, or missing."""
    known = {field.name for field in fields(NearCopies)}
    if "train" not in arrays or not set(arrays) <= known:
        return None
    values: dict[str, Any] = {"threshold": None}
    for name, array in arrays.items():
        if name in ("train", "test", "test_in_train"):
            values[name] = array
        elif array.ndim:
            values[name] = tuple(int(size) for size in array)
        else:
            values[name] = array.item()
    return NearCopies(**values)
