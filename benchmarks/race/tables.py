"""What a race has shown, as text, Markdown and JSON, and how it stands to what was promised."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from heats import Heat, Outcome
from racers import RACERS

from bakeoff.machine import describe, epoch_work

__all__ = ["Results", "as_markdown", "as_text", "save"]


@dataclass(frozen=True)
class _Target:
    """A promise: a ratio of two medians, or a figure of ours, that must be at least (or at most) so much."""

    name: str
    must: float
    strive: float
    heat: str
    ours: str
    theirs: str | None = None
    floor: str | None = None
    at_most: bool = False


_B1, _B2, _A, _PROCESS, _SMALL = (
    "B1, warm epoch",
    "B2, warm epoch",
    "A with exact F1, 5 epochs",
    "B1, 20 epochs, whole process",
    "784-16-10, warm epoch",
)
_TF, _KERAS_JAX = "Keras on TensorFlow", "Keras on JAX"
_TARGETS = (
    _Target("B1, warm epoch, against Keras/TF", 8, 15, _B1, "Bakeoff", _TF),
    _Target("B1, 32 members, per network, against Keras/TF", 20, 40, _B1, "Bakeoff, 32 sharing batches", _TF),
    _Target("B1, whole process, against Keras/TF", 4, 6, _PROCESS, "Bakeoff", _TF),
    _Target("B2, warm epoch, against Keras/TF", 2, 3, _B2, "Bakeoff, best precision", _TF),
    _Target("B2, warm epoch, against Keras/JAX", 1.4, 2, _B2, "Bakeoff, best precision", _KERAS_JAX),
    _Target("B2, fraction of the float32 floor", 0.65, 0.85, _B2, "Bakeoff", floor="float32"),
    _Target("B2, fraction of the bfloat16 floor", 0.45, 0.7, _B2, "Bakeoff, bfloat16", floor="bfloat16"),
    _Target("A with exact F1, against Keras/TF", 2.5, 4, _A, "Bakeoff, best precision", _TF),
    _Target(
        "256 small members over 1, per network",
        0.5,
        0.3,
        _SMALL,
        "Bakeoff, 256 sharing batches",
        "Bakeoff",
        at_most=True,
    ),
    _Target("peak memory of B1's whole process, MiB", 1024, 700, _PROCESS, "Bakeoff", at_most=True),
)


@dataclass
class Results:
    """Everything measured in one run."""

    quick: bool
    heats: dict[str, tuple[Heat, Mapping[str, Outcome]]] = field(default_factory=dict)
    started: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    rates: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, heat: Heat, outcomes: Mapping[str, Outcome], rates: Sequence[Mapping[str, float]]) -> None:
        """Take the outcomes of a heat, and the machine's rates of its rounds."""
        self.heats[heat.name] = (heat, outcomes)
        if rates:
            self.rates[heat.name] = {name: float(np.median([each[name] for each in rates])) for name in rates[0]}

    def floor(self, heat: Heat, precision: str = "float32") -> float | None:
        """Least seconds of an epoch of the heat's network, by the machine's rates between the turns of that heat."""
        rates = self.rates.get(heat.name, {})
        if precision not in rates:
            return None
        operations, bytes_moved = epoch_work(heat.job.layer_sizes, heat.job.batch_size, 60_000)
        return max(operations / rates[precision], bytes_moved / rates["bandwidth"])

    def best_of_ours(self, heat: str) -> str:
        """The faster precision of a single network."""
        outcomes = self.heats[heat][1]
        return min(
            (name for name in outcomes if name in RACERS and RACERS[name].is_ours and RACERS[name].n_networks == 1),
            key=lambda name: outcomes[name].median,
        )

    def targets(self) -> list[dict[str, Any]]:
        """Every promise with what was measured, where it was measured."""
        return [
            {"name": t.name, "must": t.must, "strive": t.strive, "at_most": t.at_most, "measured": self._measured(t)}
            for t in _TARGETS
        ]

    def _measured(self, target: _Target) -> float | None:
        if target.heat not in self.heats:
            return None
        heat, outcomes = self.heats[target.heat]
        ours = self.best_of_ours(target.heat) if target.ours == "Bakeoff, best precision" else target.ours
        if ours not in outcomes:
            return None
        if target.floor:
            floor = self.floor(heat, target.floor)
            return None if floor is None else floor / outcomes[ours].median
        if target.theirs is None:
            return max(outcomes[ours].peak_mib)
        if target.theirs not in outcomes:
            return None
        ratio = outcomes[target.theirs].median / outcomes[ours].median
        return 1 / ratio if target.at_most else ratio


def _precision(racer: str) -> str:
    return RACERS[racer].variables.get("BAKEOFF_PRECISION", "float32") if racer in RACERS else "float32"


def _lines(results: Results, name: str) -> list[list[str]]:
    heat, outcomes = results.heats[name]
    reference = outcomes[results.best_of_ours(name)].median
    with_memory = any(outcome.peak_mib for outcome in outcomes.values())
    head = ["", "seconds", "lowest to highest", "against ours"]
    lines = [[*head, "peak MiB"] if with_memory else [*head, "over floor"] if results.floor(heat) else head]
    for racer, outcome in sorted(outcomes.items(), key=lambda item: item[1].median):
        floor = results.floor(heat, _precision(racer))
        line = [
            racer,
            f"{outcome.median:.4f}" if outcome.median < 0.1 else f"{outcome.median:.3f}",
            f"{min(outcome.seconds):.3g} to {max(outcome.seconds):.3g}",
            f"{outcome.median / reference:.2f}",
        ]
        if with_memory:
            line.append(f"{max(outcome.peak_mib):.0f}")
        elif floor:
            line.append(f"{outcome.median / floor:.2f}")
        lines.append(line)
    return lines


def as_text(results: Results, name: str) -> str:
    """One heat for the terminal."""
    lines = _lines(results, name)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([f"\n{name}", *rows])


def _rates_in_words(heat: str, rates: Mapping[str, float]) -> str:
    products = [f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in rates.items() if name != "bandwidth"]
    return f"{heat}: {', '.join(products)}, memory {rates['bandwidth'] / 1e9:.1f} GB/s."


def _table(lines: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(lines[0]) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])


def as_markdown(results: Results) -> str:
    """The whole page."""
    machine = describe()
    versions: dict[str, str] = {}
    for _, outcomes in results.heats.values():
        for outcome in outcomes.values():
            versions |= outcome.versions
    rates = [_rates_in_words(heat, rates) for heat, rates in results.rates.items()]
    form = "quick form" if results.quick else "full form"
    what = (
        f"Written by `make bench` ({form}) on {results.started}; times in seconds, medians of turns taken one after "
        "another in one run. Same rows, batches, epochs, last batch and shuffling for all; each keeps loss and "
        "accuracy as running means of the epoch (scikit-learn: the loss alone). Seconds of several networks are those "
        "of one."
    )
    where = (
        f"{machine['processor']}, {machine['cores']} cores ({', '.join(machine['processor_flags'])}), "
        f"{machine['memory_gib']:.0f} GiB, Python {machine['python']}. "
        f"{', '.join(f'{k} {v}' for k, v in sorted(versions.items()))}. The floor is arithmetic over the rate of large "
        f"square products, or bytes over bandwidth, both measured between the turns. {' '.join(rates)}"
    )
    parts = ["# Speed", what, where]
    for name in results.heats:
        parts += [f"## {name}", _table(_lines(results, name))]
    parts += ["## Targets", _table(_target_lines(results))]
    return "\n\n".join(parts) + "\n"


def _target_lines(results: Results) -> list[list[str]]:
    lines = [["", "must", "strive for", "measured", ""]]
    for target in results.targets():
        value, sign = target["measured"], -1 if target["at_most"] else 1
        if value is None:
            said = "not measured here"
        elif sign * value >= sign * target["strive"]:
            said = "strive reached"
        else:
            said = "met" if sign * value >= sign * target["must"] else "**missed**"
        shown = "" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.2f}"
        lines.append([target["name"], f"{target['must']:g}", f"{target['strive']:g}", shown, said])
    return lines


def save(results: Results, folder: Path) -> None:
    """Write RESULTS.md and RESULTS.json into a folder."""
    (folder / "RESULTS.md").write_text(as_markdown(results))
    content = {
        "started": results.started,
        "form": "quick" if results.quick else "full",
        "machine": describe(),
        "rates": results.rates,
        "heats": {
            name: {
                "job": json.loads(heat.job.to_json()),
                "kind": heat.kind,
                "floor_seconds": results.floor(heat),
                "outcomes": {
                    racer: {
                        "seconds": outcome.seconds,
                        "scores": outcome.scores,
                        "peak_mib": outcome.peak_mib,
                        "versions": outcome.versions,
                    }
                    for racer, outcome in outcomes.items()
                },
            }
            for name, (heat, outcomes) in results.heats.items()
        },
        "targets": results.targets(),
    }
    (folder / "RESULTS.json").write_text(json.dumps(content, indent=1) + "\n")
