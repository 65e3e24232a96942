"""What a study will fit: for every question its cells, and all cells as one plan of the contest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bakeoff.contest import Part, Parts, Plan, PlannedContestant, divide, facts_of
from bakeoff.contestants import Facts, default_time_limit_seconds, make_contestant
from bakeoff.data import Dataset, nested_shares, split_validation
from bakeoff.errors import DataError, RecipeError, SettingsError
from bakeoff.executors import available_threads
from bakeoff.recipe import Recipe
from bakeoff.study._base import Base
from bakeoff.study._factors import FACTORS, Factor, Value, read_levels

__all__ = ["MIN_SEEDS", "Cell", "Question", "StudyPlan", "plan_study"]

MIN_SEEDS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """One factor to vary, crossed with a second or not.

    Parameters
    ----------
    factor : str
    levels : sequence or None
        None: the factor's own.
    by : str or None
    by_levels : sequence or None
    """

    factor: str
    levels: Sequence[str | float] | None = None
    by: str | None = None
    by_levels: Sequence[str | float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One level (of a crossed study: one of each factor) and what is fitted for it.

    Parameters
    ----------
    value, by_value : level
    planned : PlannedContestant
    settings : mapping
        What it changes in the base.
    """

    value: Value
    by_value: Value | None
    planned: PlannedContestant
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class StudyPlan:
    """A whole study, decided.

    Parameters
    ----------
    recipe : Recipe
        Of the data and the protocol.
    base : Base
    questions : sequence of (Factor, Factor or None, sequence of Cell)
    plan : Plan
        All cells as contestants.
    """

    recipe: Recipe
    base: Base
    questions: Sequence[tuple[Factor, Factor | None, Sequence[Cell]]]
    plan: Plan


def plan_study(recipe: Recipe, dataset: Dataset, base: Base, questions: Sequence[Question]) -> StudyPlan:
    """Decide what is fitted.

    Parameters
    ----------
    recipe : Recipe
        Its contestants are not looked at.
    dataset : Dataset
    base : Base
    questions : sequence of Question

    Raises
    ------
    RecipeError
        If the protocol keeps no validation rows, or has fewer than five seeds.
    SettingsError
        If a factor, a level or a setting cannot be studied.
    DataError
        If the rows cannot be divided as asked for.
    """
    protocol = recipe.protocol
    if isinstance(protocol.validation, str):
        raise RecipeError(
            f"protocol.validation: {protocol.validation!r} leaves a study no rows to score; give a fraction"
        )
    if len(protocol.seeds) < MIN_SEEDS:
        raise RecipeError(f"protocol.seeds: a study needs {MIN_SEEDS} or more. Got {len(protocol.seeds)}")
    if protocol.primary_metric == "log_loss":
        raise RecipeError("protocol.primary_metric: a study looks at f1_macro, accuracy or f1_weighted. Got 'log_loss'")
    parts = divide(dataset, protocol).without_test()
    facts = facts_of(dataset, max(len(part.inner_train) for part in parts.divisions))
    limit = protocol.time_limit_seconds or default_time_limit_seconds(facts)
    maker = _Maker(recipe, dataset, base, parts, facts, limit)
    asked = [(_factor(question.factor), question) for question in questions]
    made = [(factor, _by(factor, question), maker.cells(factor, question)) for factor, question in asked]
    if any(cell.planned.contestant.chooses_on_validation for _, _, cells in made for cell in cells):
        raise RecipeError("base: early stopping and schedules on plateau choose on the rows that a study scores")
    threads = protocol.threads or available_threads()
    plan = Plan(recipe, dataset, facts, parts, [cell.planned for _, _, cells in made for cell in cells], threads, [])
    return StudyPlan(recipe, base, made, plan)


def _factor(name: str) -> Factor:
    if name not in FACTORS:
        raise SettingsError(f"there is no factor {name!r:.100}; known are {', '.join(FACTORS)}.")
    return FACTORS[name]


def _by(factor: Factor, question: Question) -> Factor | None:
    if question.by is None:
        if question.by_levels is not None:
            raise SettingsError("by_levels are levels of a second factor, and none is named (by)")
        return None
    by = _factor(question.by)
    if by.name == factor.name or not (factor.can_be_crossed and by.can_be_crossed):
        raise SettingsError(f"{factor.name} cannot be crossed with {by.name}: only two different settings can.")
    return by


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
    recipe: Recipe
    dataset: Dataset
    base: Base
    parts: Parts
    facts: Facts
    limit: float

    def cells(self, factor: Factor, question: Question) -> list[Cell]:
        levels = read_levels(factor, question.levels, self.facts)
        if factor.name == "seeds":
            most = max(MIN_SEEDS, *(int(level) for level in levels))
            return [self._cell(factor, float(most), None, n_seeds=most)]
        if factor.changes_rows:
            divided = self._shares(levels) if factor.name == "train-size" else self._splits(levels)
            return [self._cell(factor, value, None, parts=parts) for value, parts in divided]
        by = _by(factor, question)
        if by is None:
            return [self._cell(factor, value, None) for value in levels]
        few = read_levels(by, question.by_levels if question.by_levels is not None else by.few, self.facts)
        return [self._cell(factor, value, (by, other)) for other in few for value in levels]

    def _cell(
        self, factor: Factor, value: Value, crossed: tuple[Factor, Value] | None, *,
        parts: Parts | None = None, n_seeds: int | None = None,
    ) -> Cell:  # fmt: skip
        changes = dict(factor.changes(self.base, value))
        name = f"{factor.name} {factor.label(value)}"
        if crossed is not None:
            # The second is applied to the base first: depth keeps the width that was asked for.
            by, other = crossed
            first = dict(by.changes(self.base, other))
            with_first = replace(self.base, settings={**self.base.settings, **first})
            changes = {**first, **factor.changes(with_first, value)}
            name = f"{name}, {by.name} {by.label(other)}"
        if factor.name == "train-size":
            changes["epochs"] = round(self.base.settings["epochs"] / float(value))
        if factor.name == "contestant" and value != "base":
            contestant = make_contestant(name, str(value))
        else:
            contestant = make_contestant(name, self.base.family, {**self.base.settings, **changes})
        contestant.resolve(self.facts)
        protocol = self.recipe.protocol
        seeds = protocol.seeds if n_seeds is None else tuple(range(n_seeds))
        seeds = seeds if contestant.is_random else seeds[:1]
        divisions = range(len((parts or self.parts).divisions))
        n_fits = len(seeds) * len(divisions)
        planned = PlannedContestant(
            contestant, seeds, self.limit, {"study": divisions}, contestant.estimate_seconds(self.facts, n_fits),
            contestant.members_that_fit(self.facts, protocol.memory_limit_mib * 2**20), parts, keeps_model=False,
        )  # fmt: skip
        return Cell(value, None if crossed is None else crossed[1], planned, changes)

    def _shares(self, levels: Sequence[Value]) -> list[tuple[float, Parts]]:
        """Smaller and larger parts of the training rows, each inside the next; validation rows as they are.

        Rows and groups are whole, so a level is called what it came to; those that came to the same are one.
        """
        y, groups = self.dataset.y_train, self.dataset.groups_train
        found: dict[float, Parts] = {}
        for level in map(float, levels):
            divisions = []
            for part in self.parts.divisions:
                rows = part.inner_train
                own = None if groups is None else groups[rows]
                for _, places in nested_shares(y[rows], own, [level], self.dataset.sha256_train):
                    divisions.append(Part(rows[places], None, rows[places], part.validation))
            if len(divisions) == len(self.parts.divisions):
                sizes = [len(part.inner_train) for part in divisions]
                whole = [len(part.inner_train) for part in self.parts.divisions]
                found.setdefault(round(sum(sizes) / sum(whole), 3), replace(self.parts, divisions=divisions))
        if len(found) < 2:
            raise DataError("train-size: too few rows, or too large groups, for parts of different sizes.")
        return sorted(found.items(), key=lambda pair: pair[0])

    def _splits(self, levels: Sequence[Value]) -> list[tuple[float, Parts]]:
        """The training rows divided in other ratios; the validation rows of all other studies judge all of them."""
        y, groups = self.dataset.y_train, self.dataset.groups_train
        found = []
        for level in map(float, levels):
            divisions = []
            for part in self.parts.divisions:
                rows = part.inner_train
                own = None if groups is None else groups[rows]
                inner, held = split_validation(y[rows], own, level, f"{self.dataset.sha256_train}:split")
                divisions.append(Part(rows[inner], part.validation, rows[inner], rows[held]))
            found.append((level, replace(self.parts, divisions=divisions)))
        return found
