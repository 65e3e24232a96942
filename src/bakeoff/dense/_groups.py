"""Members of unequal settings: one population for each program.

Nothing is padded to the widest: arithmetic would grow with the product of the widths, and a program is compiled once a
shape and kept. What differs only in which rates are above zero is one program that computes all of them. On a processor
wide networks go one a device at a time: any of them fills its core, and one program serves whatever their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import jax

from bakeoff.dense._mapping import is_wide
from bakeoff.dense._plan import Member
from bakeoff.dense._population import EpochCallback, FittedMember, FittedPopulation, fit_population
from bakeoff.dense._spec import TrainingSpec
from bakeoff.dense._trainer import Task

__all__ = ["fit_groups"]


def fit_groups(
    task: Task, entries: Sequence[tuple[TrainingSpec, Member]], progress: EpochCallback | None = None
) -> FittedPopulation:
    """Train members whose specs differ; those of one program are one population.

    Parameters
    ----------
    task : Task
    entries : sequence of (TrainingSpec, Member)
    progress : callable, optional
        As in `fit_population`, with ``"group"``, from 1, and ``"groups"``.

    Returns
    -------
    FittedPopulation
        In the order of `entries`; the clock is that of all groups together, each member's that of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from bakeoff.dense import Member, NetworkSpec, Task, TrainingSpec
    >>> task = Task(np.repeat(np.eye(2, dtype=np.float32), 8, axis=0), np.repeat(np.arange(2, dtype=np.int32), 8))
    >>> member = Member(seed=0, train=np.arange(16), validation=None, epochs=2)
    >>> specs = [TrainingSpec(NetworkSpec(2, (units,), 2), (0, 1), batch_size=4) for units in (3, 5, 3)]
    >>> population = fit_groups(task, [(spec, member) for spec in specs])
    >>> [fitted.network.parameters[0]["w"].shape for fitted in population.members]
    [(2, 3), (2, 5), (2, 3)]
    """
    by_spec: dict[TrainingSpec, list[int]] = {}
    for position, (spec, _) in enumerate(entries):
        by_spec.setdefault(_without_uses(spec), []).append(position)
    united = {spec: _united([entries[position][0] for position in positions]) for spec, positions in by_spec.items()}
    groups = [(united[spec], part) for spec, positions in by_spec.items() for part in _parts(spec, positions)]
    fitted: dict[int, FittedMember] = {}
    seconds_fit = seconds_compile = 0.0
    for number, (spec, positions) in enumerate(groups, start=1):
        place = {"group": number, "groups": len(groups)}

        def tell(news: Mapping[str, Any], place: Mapping[str, int] = place) -> None:
            if progress is not None:
                progress({**news, **place})

        population = fit_population(spec, task, [entries[position][1] for position in positions], tell)
        fitted |= dict(zip(positions, population.members, strict=True))
        seconds_fit += population.seconds_fit
        seconds_compile += population.seconds_compile
    return FittedPopulation([fitted[position] for position in range(len(entries))], seconds_fit, seconds_compile)


def _parts(spec: TrainingSpec, positions: list[int]) -> list[list[int]]:
    """Who trains together: all of one program, or one a device; the last is repeated where one is missing."""
    devices = jax.devices()
    if devices[0].platform != "cpu" or not is_wide(spec):
        return [positions]
    at_once = len(devices)
    filled = positions + positions[-1:] * (-len(positions) % at_once)
    return [filled[first : first + at_once] for first in range(0, len(filled), at_once)]


_USES = tuple(each.name for each in fields(TrainingSpec) if each.name.startswith("uses_") and each.name != "uses_ema")
"""What a member that has none of it computes for nothing. An average of weights takes memory, so it is not here."""


def _without_uses(spec: TrainingSpec) -> TrainingSpec:
    uses: dict[str, Any] = dict.fromkeys(_USES, False)
    return replace(spec, **uses)


def _united(specs: Sequence[TrainingSpec]) -> TrainingSpec:
    """One spec that computes whatever any of them has."""
    uses: dict[str, Any] = {name: any(getattr(spec, name) for spec in specs) for name in _USES}
    return replace(specs[0], **uses)
