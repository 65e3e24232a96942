"""Checks of what was chosen, by whom, and how often."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from bakeoff.audit._finding import Finding
from bakeoff.audit._reading import n_rows_searched, part_decided

__all__ = ["CHOICE_CHECKS", "has_split"]

Results: TypeAlias = Mapping[str, Any]

_SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
_MANY_RUNS = 3


def has_split(results: Results) -> bool:
    """Whether rows of the training file were divided here, into parts to learn from and parts to check with."""
    return results["protocol"].get("test") in ("holdout", "folds") or _has_own_validation(results)


def _has_own_validation(results: Results) -> bool:
    return results["protocol"]["validation"] not in ("test", "none")


def leaking_split(results: Results) -> Iterator[Finding]:
    """P002: rows of one group lie on both sides of a split that was made."""
    groups, protocol = results["data"]["groups"], results["protocol"]
    sizes = (*(groups.get("too_large") or ()), *(groups.get("whole_class") or ()))
    if sizes and has_split(results):
        made_test = protocol.get("test") in ("holdout", "folds")
        parts = ["validation"] * _has_own_validation(results) + ["test"] * made_test
        n_rows = n_rows_searched(results["data"])
        yield Finding(
            "P002",
            "warning",
            "The split leaks groups",
            f"{sum(sizes):,} of {n_rows:,} rows lie in groups of near-copies too large to keep together (D011). They "
            "were dealt row by row: copies of one row are on both sides, and on these rows the "
            f"{' and the '.join(parts)} scores are too good.",
            {"rows": sum(sizes), "n_rows": n_rows, "groups": len(sizes)},
        )
    copies = groups.get("n_test_copies")
    if copies and protocol["validation"] == "test":
        n_test = results["data"]["n_test"]
        yield Finding(
            "P002",
            "warning",
            "The split leaks groups",
            f"The validation rows are the test rows, and {copies:,} of these {n_test:,} have a near-copy in training: "
            "curves and scores are too good by that. A validation part of the training rows would keep groups whole "
            "(validation: 0.2).",
            {"copies": copies, "n_test": n_test},
        )


def chosen_on_test(results: Results) -> Iterator[Finding]:
    """P004: the same test rows were looked at by earlier runs."""
    openings = results["openings"]
    runs = list(dict.fromkeys(opening["run"] for opening in openings.get("history") or ()))
    n_earlier = len(runs) - (1 if openings["this_run"] else 0)
    before = openings["ever"] - openings["this_run"]
    if n_earlier < 1 or before < 1:
        return
    by = "an earlier run" if n_earlier == 1 else f"{n_earlier:,} earlier runs"
    yield Finding(
        "P004",
        "warning" if n_earlier >= _MANY_RUNS else "note",
        "Test rows that were opened before",
        f"The labels of these test rows, or of some of them, were opened {_times(before)} before, by "
        f"{by} here. Where a setting, a contestant or a seed was chosen after such a look, it was chosen on the "
        "test rows, and its score on them is no score on new rows. Choose on validation rows, or keep test labels "
        "elsewhere until the end (bakeoff score).",
        {"before": before, "earlier_runs": n_earlier, "ever": openings["ever"]},
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def unequal_budgets(results: Results) -> Iterator[Finding]:
    """P006: one family had more tries than another, and the best of several is favoured by luck alone."""
    tries: dict[str, int] = {}
    for entry in results["contestants"]:
        if entry["family"] != "dummy":
            is_search = entry["family"] in _SEARCHES or entry.get("searched")
            n_tries = _n_searched(entry) if is_search else 1
            name = entry["name"] if is_search else entry["family"]
            tries[name] = tries.get(name, 0) + n_tries
    if len(tries) < 2 or max(tries.values()) == min(tries.values()):
        return
    most, fewest = max(tries.values()), min(tries.values())
    favoured = max(tries, key=lambda name: tries[name])
    others = ", ".join(f"{name} {count}" for name, count in tries.items() if name != favoured)
    said = (
        f"{favoured} entered with {most:,} settings ({others}). The best of several scores is the highest by luck too, "
        "also where all are equally good"
    )
    numbers: dict[str, float | int | str | None] = {"most": most, "fewest": fewest}
    error = _standard_error(results)
    if error is not None:
        gain = error * expected_maximum(most)
        said += f": by up to about {100 * gain:.1f} points here"
        numbers["gain"] = gain
    said += ". Give each family as many tries, and choose among them on validation rows."
    yield Finding("P006", "warning", "Unequal tuning budgets", said, numbers)


def searched_where_scored(results: Results) -> Iterator[Finding]:
    """P009: settings were searched on the rows of the folds, and the same rows score them."""
    searched = [entry["name"] for entry in results["contestants"] if entry.get("searched")]
    if not searched or results["protocol"]["test"] != "folds":
        return
    whose = ", ".join(searched)
    yield Finding(
        "P009",
        "warning",
        "Settings searched on the rows that score them",
        f"The settings of {whose} were searched on validation rows, and where folds are scored every row is one, and "
        "a test row too. The best of many settings suits these very rows a little by luck, so the scores are too high "
        "by that. Rows kept apart (--test, or bakeoff split) tell the truth.",
        {"searched": len(searched)},
    )


def expected_maximum(count: int) -> float:
    """Of so many independent standard normal numbers, the expected largest.

    Examples
    --------
    >>> round(expected_maximum(2), 4), round(expected_maximum(10), 4)  # 1 / sqrt(pi); Tippett (1925)
    (0.5642, 1.5388)
    """
    answer, _ = quad(lambda x: x * count * norm.pdf(x) * ndtr(x) ** (count - 1), -10, 10)
    return float(answer)


def _n_searched(entry: Mapping[str, Any]) -> int:
    """How many settings a search of scikit-learn tries; a space that was kept as text counts as two at least."""
    if entry.get("searched"):
        return int(entry["searched"])
    parameters = entry["settings"].get("parameters") or {}
    if isinstance(parameters.get("n_iter"), int):
        return int(parameters["n_iter"])
    grids = parameters.get("param_grid")
    total = 0
    for grid in [grids] if isinstance(grids, Mapping) else grids if isinstance(grids, list) else ():
        product = 1
        for values in grid.values() if isinstance(grid, Mapping) else ():
            product *= len(values) if isinstance(values, list) else 1
        total += product
    return max(total, 2)


def _standard_error(results: Results) -> float | None:
    """Of a score on the rows that decide: from the widest interval among the contestants."""
    metric = results["protocol"]["primary_metric"]
    part = part_decided(results)
    scores = [(entry.get(part) or {}).get(metric) for entry in results["contestants"] if entry["family"] != "dummy"]
    widths = [score["high"] - score["low"] for score in scores if score and score.get("low") is not None]
    if not widths or metric == "log_loss":
        return None
    confidence = results["protocol"].get("confidence") or 0.95
    return float(max(widths) / 2 / norm.ppf(0.5 + confidence / 2))


CHOICE_CHECKS: Sequence[Callable[[Results], Iterator[Finding]]] = (
    leaking_split,
    chosen_on_test,
    unequal_budgets,
    searched_where_scored,
)
