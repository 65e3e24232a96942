"""Who is better than whom, in words first; and where the networks lose."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.report._format import (
    count,
    is_number,
    milliseconds,
    p_value,
    percent,
    points,
    score,
    seconds,
)
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Column, Fold, Section, Table, Tone, Words
from bakeoff.report._view import Points as Sentences
from bakeoff.report.sections._context import Context, Entry, name_of

__all__ = ["comparisons", "network_losses"]

_NETWORKS = {"dense", "keras"}
_TONES: Mapping[str, Tone] = {"better": "good", "worse": "bad", "equal": "", "undecided": "warn"}


def comparisons(context: Context) -> Section:
    """Pairs with the leader in words, all pairs as a table."""
    pairs = context.run.entries("comparisons")
    if not pairs:
        blocks: tuple[Block, ...] = (Words("No two contestants have scores on the same rows to be compared.", "muted"),)
        return Section("comparisons", "Who is better than whom", blocks)
    leader = context.contestants[0].get("name") if context.contestants else None
    first = [pair for pair in pairs if leader in (pair.get("a"), pair.get("b")) and pair.get("on") == context.part]
    margin = context.run.part("protocol").get("margin")
    blocks = (
        Sentences(tuple(_sentence(context, pair) for pair in first or pairs)),
        Fold("All pairs", (_table(context, pairs),)),
    )
    if is_number(margin):
        words = (
            f"Contestants count as equal where the whole interval lies within {points(margin, signed=False)} points."
        )
        blocks = (*blocks, Words(words, "muted"))
    return Section("comparisons", "Who is better than whom", blocks)


def _sentence(context: Context, pair: Mapping[str, Any]) -> str:
    a, b = shown(pair.get("a", ""), 60), shown(pair.get("b", ""), 60)
    metric = METRIC_NAMES.get(str(pair.get("metric")), shown(pair.get("metric", "")))
    confidence = percent(context.run.part("protocol").get("confidence") or 0.95)
    decision = pair.get("decision")
    heads = {
        "better": f"{a} is better than {b}",
        "worse": f"{a} is worse than {b}",
        "equal": f"{a} and {b} are equal, as far as it matters",
    }
    head = heads.get(str(decision), f"{a} and {b}: undecided")
    difference = f"{_difference(pair, 'difference')} in {metric} on {shown(pair.get('on', ''))} rows"
    inside = f"{confidence} interval {_difference(pair, 'low')} to {_difference(pair, 'high')}"
    if not (is_number(pair.get("low")) and is_number(pair.get("high"))):
        inside = "no interval"
    tail = ", for these fits" if pair.get("estimand") == "this fit" else ", for a new run with new seeds"
    text = f"{head}. The difference is {difference} ({inside}){tail}."
    if decision == "undecided":
        text += _settling(context, pair)
    if pair.get("reason"):
        text += f" {shown(pair['reason'], 300)}"
    if is_number(pair.get("probability_better")):
        text += f" A new run of {a} beats a new run of {b} with probability {pair['probability_better']:.2f}."
    return text


def _settling(context: Context, pair: Mapping[str, Any]) -> str:
    """How many rows, or groups of them, would settle what is undecided."""
    needed, have, few = pair.get("groups_needed"), pair.get("n_groups"), pair.get("reason")
    unit = "groups of rows" if context.has_groups else "rows"
    if is_number(needed):
        there = f"; there are {count(have)}" if is_number(have) else ""
        what = "For an interval it takes at least" if few else "To settle it would take about"
        return f" {what} {count(needed if few else _rounded(needed))} {unit}{there}."
    if few or not is_number(pair.get("low")):
        return ""
    seeds = "; more seeds may" if pair.get("estimand") == "this procedure" else ""
    return f" No reasonable number of further {unit} would settle it{seeds}."


def _rounded(number: float) -> float:
    """Two digits that count: more would pretend to know."""
    return round(number, 2 - len(str(int(number))))


def _difference(pair: Mapping[str, Any], key: str) -> str:
    """A difference in points, or as it is where the metric is a loss."""
    value = pair.get(key)
    if value is None or not is_number(value):
        return points(None)
    if pair.get("metric") == "log_loss":
        return f"{value:+.4f}".replace("-", "−")
    return points(value) + (" points" if key == "difference" else "")


def _table(context: Context, pairs: Sequence[Mapping[str, Any]]) -> Table:
    unit = "groups" if context.has_groups else "rows"
    rows = []
    for pair in pairs:
        decision = str(pair.get("decision") or "–")
        probability = pair.get("probability_better")
        rows.append(
            (
                Cell(f"{shown(pair.get('a', ''), 40)} − {shown(pair.get('b', ''), 40)}"),
                Cell(METRIC_NAMES.get(str(pair.get("metric")), shown(pair.get("metric", "")))),
                Cell(shown(pair.get("on", ""))),
                Cell(shown(pair.get("estimand", ""))),
                Cell(_difference(pair, "difference").removesuffix(" points")),
                Cell(f"{_difference(pair, 'low')} to {_difference(pair, 'high')}"),
                Cell(p_value(pair.get("p_value"))),
                Cell(f"{probability:.2f}" if is_number(probability) else "–"),
                Cell(count(pair.get("n_groups"))),
                Cell(_needed(pair)),
                Cell(shown(decision), _TONES.get(decision, "")),
            )
        )
    words = (Column("Pair"), Column("metric"), Column("rows"), Column("varies"))
    numbers = ("difference", "interval", "p", "probability better", unit, f"{unit} to settle it")
    columns = (*words, *(Column(title, True) for title in numbers), Column("decision"))
    return Table("Every pair: first minus second; differences of scores in points", columns, tuple(rows))


def _needed(pair: Mapping[str, Any]) -> str:
    needed = pair.get("groups_needed")
    if pair.get("decision") != "undecided" or not is_number(needed):
        return count(None)
    return f"at least {count(needed)}" if pair.get("reason") else f"about {count(_rounded(needed))}"


def _is_network(entry: Entry) -> bool:
    return str(entry.get("family")).partition(":")[0] in _NETWORKS


def network_losses(context: Context) -> Section:
    """What the networks do worse than another contestant here, as measured; and what was not entered."""
    scored = [entry for entry in context.contestants if context.score(entry)]
    networks = [entry for entry in scored if _is_network(entry)]
    others = [entry for entry in scored if not _is_network(entry)]
    blocks: list[Block] = []
    if networks and others:
        losses = tuple(sentence for network in networks for sentence in _losses(context, network, others))
        none = "On these rows no other contestant did better than a network in score, time or any class."
        blocks.append(Sentences(losses) if losses else Words(none))
    else:
        what = "no dense network" if not networks else "nothing but networks"
        blocks.append(Words(f"There is {what} with a score in this bake-off, so there is nothing to set side by side."))
    if context.run.part("data").get("kind") == "images":
        blocks.append(
            Words(
                "On images, convolutional networks usually win: they use that neighbouring pixels belong together, and "
                "dense networks do not. None of the figures here says what a convolutional network would reach."
            )
        )
    return Section("losses", "Where the networks lose", tuple(blocks))


def _losses(context: Context, network: Entry, others: Sequence[Entry]) -> Iterator[str]:
    name = name_of(network)
    best = others[0]
    ahead = [
        name_of(other) for other in others if context.contestants.index(other) < context.contestants.index(network)
    ]
    if ahead:
        mine, theirs = (score(context.score(entry).get("mean")) for entry in (network, best))
        decided = "" if _is_decided(context, network, best) else ", a difference that these rows do not decide"
        yield f"In {context.metric_name}, {name} ({mine}) is behind {_and(ahead)} (best: {theirs}){decided}."
    yield from _slower(network, others)
    weak = _weak_classes(context, network, best)
    if weak:
        yield f"In F1 of single classes, {name} falls furthest behind {name_of(best)} in {_and(weak)}."


def _is_decided(context: Context, network: Entry, other: Entry) -> bool:
    names = {network.get("name"), other.get("name")}
    return any(
        {pair.get("a"), pair.get("b")} == names and pair.get("decision") in ("better", "worse")
        for pair in context.run.entries("comparisons")
        if pair.get("on") == context.part
    )


def _slower(network: Entry, others: Sequence[Entry]) -> Iterator[str]:
    for words, keys, show in (
        ("To train one fit, compilation included,", ("fit", "compile"), seconds),
        ("To predict one row,", ("predict_one_ms",), milliseconds),
    ):
        mine = _cost(network, keys)
        costs = [(cost, name_of(other)) for other in others if (cost := _cost(other, keys)) is not None]
        faster = sorted((cost, name) for cost, name in costs if mine is not None and cost < mine)
        if mine is not None and faster:
            least = f"{faster[0][1]} takes {show(faster[0][0])}"
            yield f"{words} {name_of(network)} takes {show(mine)}; {least}."


def _cost(entry: Entry, keys: Sequence[str]) -> float | None:
    clock = entry.get("seconds") or {}
    if not is_number(clock.get(keys[0])):
        return None
    return float(sum(clock.get(key) or 0 for key in keys))


def _weak_classes(context: Context, network: Entry, other: Entry) -> list[str]:
    """The three classes in which the other leads most, by at least a point."""
    mine, theirs = context.of_part(network, "per_class"), context.of_part(other, "per_class")
    if not mine or not theirs:
        return []
    gaps = sorted(
        ((b["f1"] - a["f1"], a, b) for a, b in zip(mine, theirs, strict=False) if is_number(a.get("f1"))),
        key=lambda gap: -gap[0],
    )
    return [
        f"{context.class_name(a['class'])} ({score(a['f1'])} against {score(b['f1'])})"
        for gap, a, b in gaps[:3]
        if gap >= 0.01
    ]


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
