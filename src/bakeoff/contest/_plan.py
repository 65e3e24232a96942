"""What will run, before anything runs: contestants with every setting, rows, limits, and about how long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.contest._parts import Parts, divide
from bakeoff.contestants import Contestant, Facts, default_line_up, default_time_limit_seconds, make_contestant
from bakeoff.data import Dataset
from bakeoff.errors import RecipeError, SettingsError
from bakeoff.executors import available_threads
from bakeoff.recipe import ContestantEntry, Recipe

__all__ = ["Plan", "PlannedContestant", "facts_of", "make_plan", "part_sizes"]


@dataclass(frozen=True, eq=False)
class PlannedContestant:
    """One contestant, its seeds and its limit.

    Parameters
    ----------
    contestant : Contestant
    seeds : sequence of int
        One alone where the contestant is not random.
    time_limit_seconds : float
        For one fit.
    stages : mapping of {"validation", "refit", "study"} to sequence of int
        In which order each seed is fitted, and on which divisions of the rows.
    estimate_seconds : float
        For all of its fits together.
    together : int
        How many of its fits train together at most, in one job.
    parts : Parts or None
        Rows that are divided for this one alone; None: as the plan divides them.
    keeps_model : bool
        Whether the model of its first division is kept.
    variants : sequence of mapping
        Settings that each fit has in the place of the contestant's: candidates of a search. One that changes nothing
        where nothing is searched.
    """

    contestant: Contestant
    seeds: Sequence[int]
    time_limit_seconds: float
    stages: Mapping[str, Sequence[int]]
    estimate_seconds: float
    together: int = 1
    parts: Parts | None = None
    keeps_model: bool = True
    variants: Sequence[Mapping[str, Any]] = ({},)

    @property
    def final_stage(self) -> str:
        """The stage whose fits the test rows see."""
        return list(self.stages)[-1]


@dataclass(frozen=True, eq=False)
class Plan:
    """A whole bake-off, decided.

    Parameters
    ----------
    recipe : Recipe
        With every setting resolved.
    dataset : Dataset
    facts : Facts
    parts : Parts
    contestants : sequence of PlannedContestant
    threads : int
    decisions : sequence of str
        What followed from the data, and which flag changes it.
    """

    recipe: Recipe
    dataset: Dataset
    facts: Facts
    parts: Parts
    contestants: Sequence[PlannedContestant]
    threads: int
    decisions: Sequence[str]

    @property
    def n_fits(self) -> int:
        """How many networks and models are fitted."""
        return sum(len(one.seeds) * len(divisions) for one in self.contestants for divisions in one.stages.values())

    @property
    def estimate_seconds(self) -> float:
        """About how long all fits take."""
        return sum(entry.estimate_seconds for entry in self.contestants)


def make_plan(recipe: Recipe, dataset: Dataset, outsiders: Mapping[str, Contestant] | None = None) -> Plan:
    """Decide everything that the recipe leaves open.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
    outsiders : mapping of name to Contestant, optional
        Contestants that a recipe cannot name, such as a user's own classifier; they come after the recipe's.

    Raises
    ------
    RecipeError, SettingsError
        With every problem of every contestant.
    DataError
        If the rows cannot be divided as asked for.
    """
    protocol = recipe.protocol
    parts = divide(dataset, protocol)
    facts = facts_of(dataset, max(len(division.train) for division in parts.divisions))
    decisions: list[str] = []
    entries = recipe.contestants
    if entries is None:
        line_up = default_line_up(facts)
        entries = tuple(ContestantEntry(name=family, family=family) for family, _ in line_up)
        names = ", ".join(entry.name for entry in entries)
        decisions.append(f"Line-up for {facts.n_train:,} rows: {names} (--contestants changes it).")
        decisions.extend(f"{family}: {reason}" for family, reason in line_up if reason)
    if protocol.time_limit_seconds is None:
        limit = default_time_limit_seconds(facts)
        decisions.append(f"A fit is ended after {limit:g} s (--time-limit changes it).")
    else:
        limit = protocol.time_limit_seconds
    if not entries and not outsiders:
        raise RecipeError("contestants: nobody enters; name one, or leave the key out for a line-up")
    _refuse_strangers(recipe, [entry.name for entry in entries])
    _refuse_sealed(dataset, protocol.validation)
    made = {**_make_all(entries), **(outsiders or {})}
    entries += tuple(ContestantEntry(name=name, family=name) for name in outsiders or ())
    resolved = _resolve_all(made, facts, protocol.validation)
    planned = [
        _plan_one(made[entry.name], entry, recipe, parts, facts, entry.time_limit_seconds or limit) for entry in entries
    ]
    decisions += [sentence for one in planned for sentence in _told_parts(one, protocol.memory_limit_mib)]
    threads = protocol.threads or available_threads()
    written = recipe.model_copy(
        update={
            "contestants": tuple(entry.model_copy(update={"settings": resolved[entry.name]}) for entry in entries),
            "protocol": protocol.model_copy(
                update={"test": parts.test, "threads": threads, "time_limit_seconds": limit}
            ),
        }
    )
    return Plan(written, dataset, facts, parts, planned, threads, decisions)


def _refuse_strangers(recipe: Recipe, names: Sequence[str]) -> None:
    strangers = sorted({claim.contestant for claim in recipe.claims} - set(names))
    if strangers:
        raise RecipeError(f"claims name contestants that do not enter: {', '.join(strangers)}")


def _refuse_sealed(dataset: Dataset, validation: float | str) -> None:
    if isinstance(validation, str) and not dataset.has_test_labels:
        raise RecipeError(
            f"protocol.validation: {validation!r} leaves only the test rows to score, and they came without labels; "
            "give validation a fraction, such as 0.2"
        )


def facts_of(dataset: Dataset, n_train: int) -> Facts:
    """What contestants may know of a data set when they train on so many of its rows."""
    return Facts(
        kind=dataset.kind,
        n_train=n_train,
        n_features=dataset.n_features,
        n_classes=dataset.n_classes,
        image_shape=dataset.image_shape,
        pixel_max=dataset.pixel_max,
        label_codes=None if dataset.label_codes is None else tuple(dataset.label_codes),
    )


def _make_all(entries: Sequence[ContestantEntry]) -> dict[str, Contestant]:
    made: dict[str, Contestant] = {}
    problems: list[str] = []
    for entry in entries:
        try:
            made[entry.name] = make_contestant(entry.name, entry.family, entry.settings)
        except SettingsError as error:
            problems.extend(error.problems)
    if problems:
        raise SettingsError(problems)
    return made


def _resolve_all(
    made: Mapping[str, Contestant], facts: Facts, validation: float | str
) -> dict[str, Mapping[str, object]]:
    resolved: dict[str, Mapping[str, object]] = {}
    problems: list[str] = []
    for name, contestant in made.items():
        try:
            resolved[name] = contestant.resolve(facts)
        except SettingsError as error:
            problems.extend(error.problems)
        if contestant.chooses_on_validation and isinstance(validation, str):
            rows = "the test rows" if validation == "test" else "no rows"
            problems.append(
                f"{name}: early stopping and schedules on plateau choose on validation rows, and "
                f"validation: {validation} leaves them {rows}; give validation a fraction, such as 0.2"
            )
    if problems:
        raise SettingsError(problems)
    return resolved


def _plan_one(
    contestant: Contestant, entry: ContestantEntry, recipe: Recipe, parts: Parts, facts: Facts, limit: float
) -> PlannedContestant:
    protocol = recipe.protocol
    seeds = entry.seeds or protocol.seeds
    if not contestant.is_random:
        seeds = seeds[:1]
    stages = _stages(contestant, recipe, parts)
    seconds = sum(contestant.estimate_seconds(facts, len(seeds) * len(divisions)) for divisions in stages.values())
    together = contestant.members_that_fit(facts, protocol.memory_limit_mib * 2**20)
    return PlannedContestant(contestant, seeds, limit, stages, seconds, together)


def _told_parts(planned: PlannedContestant, memory_limit_mib: int) -> Iterator[str]:
    """A sentence for every stage whose population is divided."""
    if not planned.contestant.trains_populations:
        return
    for stage, divisions in planned.stages.items():
        sizes = part_sizes(len(planned.seeds) * len(divisions), planned.together)
        if len(sizes) > 1:
            yield (
                f"{planned.contestant.name}: {sum(sizes)} fits train in {len(sizes)} parts of {sizes[0]} or fewer "
                f"({stage}): together they would need more than {memory_limit_mib:,} MiB (--memory-limit changes it)."
            )


def part_sizes(n_members: int, together: int) -> list[int]:
    """Sizes of the fewest parts of at most so many members, as equal as can be: parts of one size share a program.

    Examples
    --------
    >>> part_sizes(25, 12), part_sizes(5, 25), part_sizes(0, 4)
    ([9, 8, 8], [5], [])
    """
    n_parts = -(-n_members // together)
    return [n_members // n_parts + (number < n_members % n_parts) for number in range(n_parts)]


def _stages(contestant: Contestant, recipe: Recipe, parts: Parts) -> Mapping[str, Sequence[int]]:
    """Which fits a seed needs, and on which divisions of the rows.

    Folds score every row out of fold already. So there, a contestant that does not look at validation rows has nothing
    to gain from fits on fewer rows, and for one that looks without choosing one look at how training goes is enough.
    """
    everywhere = range(len(parts.divisions))
    if isinstance(recipe.protocol.validation, str):
        return {"refit": everywhere}
    if not recipe.protocol.refit:
        return {"validation": everywhere}
    if parts.test != "folds" or contestant.chooses_on_validation:
        return {"validation": everywhere, "refit": everywhere}
    return {"validation": [0], "refit": everywhere} if contestant.watches_validation else {"refit": everywhere}
