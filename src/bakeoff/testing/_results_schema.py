"""Whether a ``results.json`` keeps the contract of `docs/results.md`: keys, types, ranges, and what fits together."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

__all__ = ["check_results"]

_Check: TypeAlias = Callable[[Any, str], Iterator[str]]


def check_results(results: Mapping[str, Any]) -> list[str]:
    """Where a ``results.json`` departs from the contract, one sentence each; an empty list where it does not.

    Parameters
    ----------
    results : mapping
        The file's content.

    Examples
    --------
    >>> check_results({"schema": 2})[0]
    'schema: must be 1, got 2'
    """
    return [*_RESULTS(results, ""), *_sizes(results)]


def _number(low: float = -math.inf, high: float = math.inf) -> _Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            yield f"{where}: must be a finite number, got {value!r}"
        elif not low <= value <= high:
            yield f"{where}: must be in {low:g} to {high:g}, got {value!r}"

    return check


def _whole(low: int = 0) -> _Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            yield f"{where}: must be a whole number from {low} on, got {value!r}"

    return check


def _text(pattern: str = r"(?s).*") -> _Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            yield f"{where}: must be text like {pattern}, got {value!r}"

    return check


def _one_of(*allowed: Any) -> _Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
            yield f"{where}: must be {' or '.join(map(repr, allowed))}, got {value!r}"

    return check


def _is_any(_value: Any, _where: str) -> Iterator[str]:
    return iter(())


def _maybe(inner: _Check) -> _Check:
    return lambda value, where: iter(()) if value is None else inner(value, where)


def _either(*inner: _Check) -> _Check:
    def check(value: Any, where: str) -> Iterator[str]:
        complaints = [list(each(value, where)) for each in inner]
        if all(complaints):
            yield complaints[0][0]

    return check


def _list(inner: _Check, length: int | None = None) -> _Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list) or (length is not None and len(value) != length):
            yield f"{where}: must be a list{'' if length is None else f' of {length}'}, got {value!r:.80}"
            return
        for position, item in enumerate(value):
            yield from inner(item, f"{where}[{position}]")

    return check


def _map(**keys: _Check) -> _Check:
    """An object that has these keys, and maybe more."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{where}: must be an object, got {value!r:.80}"
            return
        for key, inner in keys.items():
            name = key.rstrip("_")
            place = f"{where}.{name}" if where else name
            if name in value:
                yield from inner(value[name], place)
            else:
                yield f"{place}: is missing"

    return check


def _with_maybe(required: _Check, **keys: _Check) -> _Check:
    """An object as `required` wants it; these keys are right where they are there."""

    def check(value: Any, where: str) -> Iterator[str]:
        yield from required(value, where)
        for key, inner in keys.items():
            if isinstance(value, Mapping) and key in value:
                yield from inner(value[key], f"{where}.{key}" if where else key)

    return check


_BOOL = _one_of(True, False)
_SHARE = _number(0, 1)
_METRIC = _one_of("accuracy", "f1_macro", "f1_weighted", "log_loss")
_COUNTS = _list(_whole())
_HASH = _text(r"[0-9a-f]{64}")


def _score(high: float) -> _Check:
    return _maybe(
        _map(
            mean=_number(0, high),
            low=_maybe(_number(high=high)),
            high=_maybe(_number(0)),
            sd_seeds=_maybe(_number(0)),
            values=_list(_maybe(_number(0, high))),
        )
    )


_SCORES = _maybe(_map(accuracy=_score(1), f1_macro=_score(1), f1_weighted=_score(1), log_loss=_score(math.inf)))


def _parts(inner: _Check) -> _Check:
    return _map(validation=_maybe(inner), test=_maybe(inner))


_PER_CLASS = _map(class_=_whole(), name=_text(), precision=_SHARE, recall=_SHARE, f1=_SHARE, support=_whole())
_RELIABILITY = _map(
    confidence=_list(_maybe(_SHARE)),
    accuracy=_list(_maybe(_SHARE)),
    count=_list(_number(0)),
    calibration_error=_maybe(_SHARE),
)


def _history(value: Any, where: str) -> Iterator[str]:
    yield from _map(seed=_whole(), stage=_one_of("validation", "refit"))(value, where)
    curves = {key: curve for key, curve in value.items() if isinstance(curve, list)}
    for key, curve in curves.items():
        yield from _list(_maybe(_number()))(curve, f"{where}.{key}")
    lengths = {len(curve) for curve in curves.values()}
    if len(lengths) > 1:
        yield f"{where}: must have one number an epoch in every curve, got lengths {sorted(lengths)}"


_CONTESTANT = _with_maybe(
    _map(
        name=_text(r"(?s).+"),
        family=_text(r"(?s).+"),
        seeds=_list(_whole()),
        parameters=_maybe(_whole()),
        bytes=_maybe(_whole()),
        settings=_map(),
        validation=_SCORES,
        test=_SCORES,
        seconds=_map(**dict.fromkeys(("fit", "compile", "predict", "predict_one_ms"), _maybe(_number(0)))),
        fits=_list(
            _map(
                seed=_whole(),
                stage=_one_of("validation", "refit"),
                status=_one_of("ok", "failed", "timed out"),
                reason=_maybe(_text()),
                key=_maybe(_text()),
                epochs=_maybe(_whole()),
                reused=_BOOL,
                notes=_list(_text()),
            )
        ),
        status=_one_of("ok", "failed", "timed out"),
        reason=_maybe(_text()),
        per_class=_parts(_list(_PER_CLASS)),
        confusion=_parts(_list(_list(_number(0)))),
        reliability=_parts(_RELIABILITY),
        history=_list(_history),
        summary=_list(_map(name=_text(), output=_text(), parameters=_maybe(_whole()))),
    ),
    test_without_copies=_SCORES,
    seeds_scored=_list(_whole()),
)

_FIGURE = _map(mean=_SHARE, low=_maybe(_SHARE), high=_maybe(_SHARE))

_GROUPS = _with_maybe(
    _map(
        declared=_BOOL,
        n_groups=_maybe(_whole()),
        median_size=_maybe(_number(0)),
        largest=_maybe(_whole()),
        leaking=_maybe(_whole()),
    ),
    found=_BOOL,
    n_rows_with_copies=_maybe(_whole()),
    n_mixed=_maybe(_whole()),
    threshold=_maybe(_number(-1, 1)),
    n_test_copies=_maybe(_whole()),
    too_large=_maybe(_list(_whole(2))),
    whole_class=_maybe(_list(_whole(2))),
    n_pairs=_maybe(_whole()),
    expected_by_chance=_maybe(_number(0)),
)

_HARM = _map(
    metric=_one_of("accuracy"),
    n_train=_whole(1),
    n_validation=_whole(1),
    contestants=_list(_map(name=_one_of("nearest", "network"), words=_text(), random=_FIGURE, grouped=_FIGURE)),
)

_PROBES = _map(
    harm=_maybe(_with_maybe(_HARM, **{"from": _one_of("declared", "found")})),
    unlike=_maybe(_map(accuracy=_FIGURE, chance=_SHARE, n_rows=_whole(1))),
    labels=_maybe(
        _map(
            n_candidates=_whole(),
            n_rows=_whole(1),
            by=_text(),
            candidates=_list(_map(row=_whole(), label=_whole(), suggested=_whole(), confidence=_SHARE)),
        )
    ),
)

_DATA = _with_maybe(
    _map(
        name=_text(),
        kind=_one_of("images", "rows"),
        n_train=_whole(1),
        n_validation=_maybe(_whole()),
        n_test=_maybe(_whole()),
        n_classes=_whole(2),
        sha256=_HASH,
        groups=_GROUPS,
        class_names=_list(_text()),
        image_shape=_maybe(_list(_whole(1), 3)),
        pixel_max=_maybe(_whole(1)),
        n_features=_whole(1),
        feature_names=_maybe(_list(_text())),
        class_counts=_map(train=_COUNTS, validation=_maybe(_COUNTS), test=_maybe(_COUNTS)),
        missing_values=_maybe(_whole()),
        value_range=_maybe(_list(_maybe(_number()), 2)),
        exact_copies=_map(train=_maybe(_whole()), test_in_train=_maybe(_whole())),
        decisions=_list(_text()),
        sources=_list(_map(name=_text(), sha256=_HASH, n_bytes=_whole())),
    ),
    probes=_maybe(_PROBES),
    n_rows_searched=_whole(1),
)

_PROTOCOL = _map(
    test=_one_of("file", "holdout", "folds"),
    validation=_either(_SHARE, _one_of("test", "none", "folds")),
    refit=_BOOL,
    primary_metric=_METRIC,
    seeds=_list(_whole()),
    threads=_maybe(_whole(1)),
    margin=_maybe(_number(0)),
    confidence=_maybe(_SHARE),
    time_limit_seconds=_maybe(_number(0)),
    sentences=_list(_text()),
)

_COMPARISON = _map(
    a=_text(),
    b=_text(),
    metric=_METRIC,
    on=_one_of("validation", "test"),
    estimand=_one_of("this fit", "this procedure"),
    n_groups=_maybe(_whole()),
    difference=_maybe(_number()),
    low=_maybe(_number()),
    high=_maybe(_number()),
    p_value=_maybe(_SHARE),
    probability_better=_maybe(_SHARE),
    decision=_one_of("better", "worse", "equal", "undecided"),
    groups_needed=_maybe(_whole()),
)

_RESULTS = _map(
    schema=_one_of(1),
    name=_text(r"(?s).+"),
    created=_text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*"),
    command=_text(),
    data=_DATA,
    protocol=_PROTOCOL,
    findings=_list(
        _map(
            code=_text(r"[DPR]\d+"),
            severity=_one_of("error", "warning", "note"),
            title=_text(),
            detail=_maybe(_text()),
            numbers=_is_any,
        )
    ),
    contestants=_list(_CONTESTANT),
    comparisons=_list(_COMPARISON),
    claims=_list(
        _map(
            contestant=_text(),
            metric=_one_of("accuracy", "f1_macro", "f1_weighted", "log_loss", "f1"),
            published=_number(0),
            digits=_whole(),
            on=_one_of("test", "validation", "training"),
            measured=_maybe(_number()),
            low=_maybe(_number()),
            high=_maybe(_number()),
            agrees=_maybe(_BOOL),
            explanation=_maybe(_text()),
            like_for_like=_maybe(_map(metric=_METRIC, measured=_number())),
        )
    ),
    claim_sentences=_list(_text()),
    openings=_map(
        this_run=_maybe(_whole()),
        ever=_maybe(_whole()),
        sentences=_list(_text()),
        history=_list(_map(created=_text(), run=_text(), purpose=_text(), times=_whole(1), shared_rows=_whole(1))),
    ),
    verdict=_text(),
)


def _sizes(results: Mapping[str, Any]) -> Iterator[str]:
    """What must fit together: names with classes, names with contestants, ends of intervals."""
    data = results.get("data") or {}
    names = data.get("class_names")
    if isinstance(names, list) and len(names) != data.get("n_classes"):
        yield f"data.class_names: must be as many as n_classes ({data.get('n_classes')}), got {len(names)}"
    for part, counts in (data.get("class_counts") or {}).items():
        if counts is not None and len(counts) != data.get("n_classes"):
            yield f"data.class_counts.{part}: must be as many as n_classes, got {len(counts)}"
    entered = [entry.get("name") for entry in results.get("contestants") or ()]
    if len(set(entered)) != len(entered):
        yield f"contestants: names must differ, got {entered}"
    for key, fields in (("comparisons", ("a", "b")), ("claims", ("contestant",))):
        for position, entry in enumerate(results.get(key) or ()):
            yield from (
                f"{key}[{position}].{field}: must be a contestant, got {entry.get(field)!r}"
                for field in fields
                if entry.get(field) not in entered
            )
    yield from _intervals(results, "")


def _intervals(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        low, high = value.get("low"), value.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield f"{where}: low must not exceed high, got {low} and {high}"
        for key, inner in value.items():
            yield from _intervals(inner, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for position, inner in enumerate(value):
            yield from _intervals(inner, f"{where}[{position}]")
