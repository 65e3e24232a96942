"""Checks of how the comparison was made."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from bakeoff.audit._choices import CHOICE_CHECKS
from bakeoff.audit._claims import CLAIM_CHECKS
from bakeoff.audit._finding import Finding

__all__ = ["PROTOCOL_CHECKS"]

Results: TypeAlias = Mapping[str, Any]

ENOUGH_SEEDS = 5
"""From so many seeds on, their spread says something of the next one."""


def validation_is_test(results: Results) -> Iterator[Finding]:
    """P001: the test rows were watched while training."""
    if results["protocol"]["validation"] != "test":
        return
    opened = results["openings"]
    yield Finding(
        "P001",
        "error",
        "The validation rows are the test rows",
        f"Every epoch was scored on the test rows: their labels were opened {opened['ever']:,} times here, "
        f"{opened['this_run']:,} of them by this run. Whoever stops, tunes or picks by such curves has chosen on the "
        "test, and its score is no estimate of new rows any more. validation: 0.2 keeps the test rows out.",
        {key: opened[key] for key in ("this_run", "ever")},
    )


def few_seeds(results: Results) -> Iterator[Finding]:
    """P003: a random contestant was scored with too few seeds to know its spread."""
    scored = {entry["name"]: len(entry.get("seeds_scored", entry["seeds"])) for entry in _random(results)}
    few = {name: count for name, count in scored.items() if 0 < count < ENOUGH_SEEDS}
    if few:
        listed = ", ".join(f"{name} ({count})" for name, count in few.items())
        one = min(few.values()) == 1
        planned = {entry["name"]: len(entry["seeds"]) for entry in _random(results)}
        lost = ", ".join(f"{planned[name] - count} of {name}" for name, count in few.items() if planned[name] > count)
        failed = f" Seeds whose fits failed: {lost}." if lost else ""
        yield Finding(
            "P003",
            "warning",
            "One seed only" if one else "Few seeds",
            f"These contestants change with their seed and were scored with fewer than {ENOUGH_SEEDS}: {listed}."
            f"{failed} The comparison holds for these fits; another seed may turn it. --seeds 5 tells.",
            {"fewest": min(few.values()), "contestants": len(few)},
        )


def output_width(results: Results) -> Iterator[Finding]:
    """P007: a network has output columns that no class uses."""
    n_classes = results["data"]["n_classes"]
    for entry in results["contestants"]:
        units = entry["settings"].get("output_units")
        if isinstance(units, int) and units > n_classes:
            yield Finding(
                "P007",
                "warning",
                "Output width unlike the classes",
                f"{entry['name']} has {units} outputs for {n_classes} classes. The {units - n_classes} unused "
                "can only be predicted wrongly, and a loss averaged over all of them looks smaller than it is.",
                {"output_units": units, "n_classes": n_classes},
            )


def saturating_output(results: Results) -> Iterator[Finding]:
    """P008: a squared error behind an output that saturates."""
    for entry in results["contestants"]:
        output, loss = entry["settings"].get("output_activation"), entry["settings"].get("loss")
        if loss == "mean_squared_error" and output in ("tanh", "sigmoid", "softmax"):
            yield Finding(
                "P008",
                "warning",
                "Saturating output with squared error",
                f"{entry['name']} trains a {output} output by mean squared error. Where the output is surely wrong "
                "its gradient is nearly zero, so the worst rows are learned last; a softmax with cross-entropy has "
                "no such flat spot.",
                {"output_activation": output},
            )


def _random(results: Results) -> Iterator[Mapping[str, Any]]:
    return (entry for entry in results["contestants"] if entry["is_random"])


PROTOCOL_CHECKS: tuple[Callable[[Results], Iterator[Finding]], ...] = (
    validation_is_test,
    few_seeds,
    output_width,
    saturating_output,
    *CHOICE_CHECKS,
    *CLAIM_CHECKS,
)
