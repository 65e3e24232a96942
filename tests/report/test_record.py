"""The record of a run: what it says of seeds."""

from pathlib import Path
from typing import Any

import pytest

from bakeoff.report._run import StoredRun
from bakeoff.report.sections import Context
from bakeoff.report.sections._record import protocol


def entry(name: str, seeds: list[int], is_random: bool = True) -> dict[str, Any]:
    return {"name": name, "family": name, "seeds": seeds, "is_random": is_random, "test": None, "validation": None}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            [entry("a", [0, 1]), entry("b", [0, 1]), entry("svc", [42], is_random=False)],
            ["Contestants that are random were fitted with 2 seeds: 0, 1."],
        ),
        (
            [entry("network", [0, 1, 2]), entry("forest", [7])],
            ["network: fitted with 3 seeds: 0, 1, 2.", "forest: fitted with 1 seed: 7."],
        ),
    ],
)
def test_seeds_are_told_of_those_who_had_them(entries: list[dict[str, Any]], expected: list[str]) -> None:
    results = {"schema": 1, "contestants": entries, "protocol": {"seeds": [0, 1], "sentences": ["As ever."]}}
    [points] = protocol(Context(StoredRun(Path(), results))).blocks
    assert [line for line in points.items if "seed" in line] == expected  # type: ignore[union-attr]
