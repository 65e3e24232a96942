"""What several sections ask of a run: who leads, on which rows, and what the classes are called."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from bakeoff.compare import METRIC_NAMES
from bakeoff.errors import RecipeError
from bakeoff.recipe import parse_recipe
from bakeoff.report._format import is_number
from bakeoff.report._run import StoredRun
from bakeoff.report._text import shown

__all__ = ["Context", "Entry", "Part", "fit_name", "name_of"]

Entry: TypeAlias = Mapping[str, Any]
"""One contestant of ``results.json``."""

Part: TypeAlias = Literal["test", "validation"]


@dataclass(frozen=True)
class Context:
    """A run, and what follows from it for the whole report.

    Parameters
    ----------
    run : StoredRun
    """

    run: StoredRun

    @cached_property
    def metric(self) -> str:
        """The primary metric."""
        return str(self.run.part("protocol").get("primary_metric") or "f1_macro")

    @cached_property
    def metric_name(self) -> str:
        """The primary metric in words."""
        return METRIC_NAMES.get(self.metric, shown(self.metric))

    @cached_property
    def part(self) -> Part:
        """The rows that decide: the test rows, where anything was scored on them."""
        return "test" if any(entry.get("test") for entry in self.run.entries("contestants")) else "validation"

    @cached_property
    def has_folds(self) -> bool:
        """Whether every row was in turn a training, a validation and a test row."""
        return self.run.part("protocol").get("test") == "folds"

    @cached_property
    def card(self) -> Mapping[str, Any]:
        """What is said of the data."""
        return self.run.part("data")

    @cached_property
    def groups(self) -> Mapping[str, Any]:
        """What is known of groups; empty where nobody looked."""
        return self.card.get("groups") or {}

    @cached_property
    def has_groups(self) -> bool:
        """Whether rows were kept together by group, declared or found."""
        return bool(self.groups.get("declared") or self.groups.get("found"))

    @cached_property
    def apart(self) -> Sequence[int]:
        """Sizes of groups that were not kept together: too large, or a whole class."""
        return [*(self.groups.get("too_large") or ()), *(self.groups.get("whole_class") or ())]

    @cached_property
    def not_searched(self) -> str:
        """A sentence on rows that resemble too many others to tell copies among them; empty where there are none."""
        words = self.groups.get("not_searched_words")
        return shown(words, 300) if words else ""

    @cached_property
    def codes(self) -> Collection[str]:
        """Of all findings."""
        return {str(finding.get("code")) for finding in self.run.entries("findings")}

    @cached_property
    def silenced(self) -> Collection[str]:
        """Codes that the recipe ignores; nothing where it cannot be read."""
        try:
            return set(parse_recipe(self.run.recipe).ignore)
        except RecipeError:
            return ()

    @cached_property
    def confidence(self) -> float:
        """Of the intervals."""
        return float(self.run.part("protocol").get("confidence") or 0.95)

    @cached_property
    def validates_on_test(self) -> bool:
        """Whether the validation rows are the test rows."""
        return self.run.part("protocol").get("validation") == "test"

    def probe(self, name: str) -> Mapping[str, Any]:
        """What a probe of the data found; empty where it was not run."""
        return (self.card.get("probes") or {}).get(name) or {}

    @cached_property
    def contestants(self) -> Sequence[Entry]:
        """All contestants: the best first, those without a score last."""
        return sorted(self.run.entries("contestants"), key=self._rank)

    @cached_property
    def class_names(self) -> Sequence[str]:
        """Names of the classes, fit to be shown."""
        names = self.run.part("data").get("class_names")
        if names is None:
            names = range(self.run.part("data").get("n_classes") or 0)
        return [shown(name, 60) for name in names]

    @cached_property
    def stems(self) -> Mapping[str, str]:
        """A safe and unique stem for the files of each contestant, by its name."""
        stems: dict[str, str] = {}
        for entry in self.run.entries("contestants"):
            name = str(entry.get("name", ""))
            stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40] or "contestant"
            taken = {other.lower() for other in stems.values()}  # some file systems take "A" and "a" for one
            number, free = 1, stem
            while free.lower() in taken:
                number += 1
                free = f"{stem}-{number}"
            stems[name] = free
        return stems

    def class_name(self, index: int) -> str:
        """The name of a class; an output unit beyond the classes can be said too."""
        return self.class_names[index] if 0 <= index < len(self.class_names) else f"unit {index}, no class"

    def score(self, entry: Entry, metric: str | None = None, part: Part | None = None) -> Mapping[str, Any]:
        """A contestant's score with its interval; empty where there is none."""
        return ((entry.get(part or self.part) or {}).get(metric or self.metric)) or {}

    def of_part(self, entry: Entry, key: str) -> Any:
        """What a contestant has under a key for the rows that decide; None where there is nothing."""
        return (entry.get(key) or {}).get(self.part)

    def _rank(self, entry: Entry) -> tuple[bool, float]:
        mean = self.score(entry).get("mean")
        if mean is None or not is_number(mean):
            return True, 0.0
        return False, mean if self.metric == "log_loss" else -mean


def name_of(entry: Entry) -> str:
    """A contestant's name, fit to be shown."""
    return shown(entry.get("name", ""), 60)


def fit_name(fit: Mapping[str, Any]) -> str:
    """Which fit of a contestant: its seed, and its fold where there are folds."""
    fold = fit.get("division")
    seed = f"seed {shown(fit.get('seed', ''), 20)}"
    return f"{seed}, fold {fold + 1}" if isinstance(fold, int) else seed
