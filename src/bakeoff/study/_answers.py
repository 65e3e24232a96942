"""The answer to a question in two sentences: what the bands carry, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from scipy.special import stdtrit

__all__ = ["answer"]

Level = Mapping[str, Any]

NOTICEABLE_GAP = 0.01
"""Between training and validation, from which on learning by heart is spoken of."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def answer(question: Mapping[str, Any]) -> list[str]:
    """The sentences of one question.

    Parameters
    ----------
    question : mapping
        As `bakeoff.study._measure.measure` gives it.

    Returns
    -------
    list of str
        The first on the score, the second on the gap between training and validation (of ``split``: on what the rows
        held back promise; of ``seeds``: on what it means); a third names levels that failed, if any did.
    """
    levels = [level for level in question["levels"] if level["scores"] is not None]
    failed = [level for level in question["levels"] if level["scores"] is None]
    short = [level for level in levels if level["status"] != "ok"]
    said = _said(question, levels)
    if short:
        named = [f"{level['name']} ({level['reason']})" for level in short]
        said.append(
            f"Not all networks of these could be trained, and their scores are of the others: {'; '.join(named)}."
        )
    if failed:
        reasons = [f"{level['name']}: {level['reason']}" for level in failed]
        said.append(f"Without a score: {'; '.join(reasons)}.")
    return said


def _said(question: Mapping[str, Any], levels: Sequence[Level]) -> list[str]:
    if question["factor"] == "seeds":
        return _of_seeds(question, levels[0]) if levels else []
    if len(levels) < 2:
        return ["Fewer than two levels have a score, so there is nothing to compare."]
    if question["by"] is not None:
        return _of_crossed(question, levels)
    curve = _Curve(question, levels)
    first = _of_ordered(curve) if question["is_ordered"] else _of_names(curve)
    if question["factor"] == "split":
        return [first, _of_promises(curve)]
    return [first, _of_gap(curve)]


@dataclass(frozen=True, slots=True)
class _Curve:
    """Levels with their scores and differences."""

    question: Mapping[str, Any]
    levels: Sequence[Level]

    @property
    def metric(self) -> str:
        return str(self.question["metric"])

    def score(self, level: Level) -> float:
        return float(level["scores"][self.metric]["mean"])

    @property
    def best(self) -> Level:
        return max(self.levels, key=self.score)

    def difference(self, a: Level, b: Level) -> Mapping[str, Any]:
        """Of a's score and b's, with its interval and what it decides of a."""
        for found in self.question["comparisons"]:
            if (found["a"], found["b"]) == (a["name"], b["name"]):
                return dict(found)
            if (found["a"], found["b"]) == (b["name"], a["name"]):
                low, high = found["high"], found["low"]
                turned = {"better": "worse", "worse": "better"}
                return {
                    **found,
                    "difference": -found["difference"],
                    "low": None if low is None else -low,
                    "high": None if high is None else -high,
                    "decision": turned.get(found["decision"], found["decision"]),
                }
        raise KeyError(f"{a['name']} and {b['name']} were not compared")

    def is_behind(self, level: Level) -> bool:
        """Whether it is surely worse than the best."""
        return level is not self.best and self.difference(level, self.best)["decision"] == "worse"

    def is_better(self, level: Level, other: Level) -> bool:
        """Whether it surely is."""
        return level is self.best or self.difference(level, other)["decision"] == "better"

    def label(self, level: Level) -> str:
        return str(level["label"])

    def with_unit(self, level: Level) -> str:
        unit = self.question["unit"]
        label = self.label(level)
        if unit == "hidden layers" and label == "1":
            unit = "hidden layer"
        if unit == "epochs" and label == "1":
            unit = "epoch"
        return f"{label} {unit}" if unit else label

    @property
    def sight(self) -> str:
        """``nothing that five seeds can see``."""
        return f"nothing that {_number(self.question['n_seeds'])} seeds can see"


def _of_ordered(curve: _Curve) -> str:
    levels = curve.levels
    close = [place for place, level in enumerate(levels) if not curve.is_behind(level)]
    first, last, end = close[0], close[-1], len(levels) - 1
    if len(close) == len(levels):
        return _of_flat(curve)
    if len(close) < last - first + 1:  # a dip between two heights is told level by level
        return _of_names(curve)
    parts = []
    if first > 0:
        reached = next(levels[place] for place in close if curve.is_better(levels[place], levels[0]))
        gain = _points(curve.difference(reached, levels[0]))
        parts.append(f"from {curve.label(levels[0])} to {curve.with_unit(reached)}: {gain}")
    if first == end:
        beyond = "more rows would help" if curve.question["factor"] == "train-size" else "the best may lie beyond"
        parts.append(f"and the last step is still a gain, so {beyond}")
    elif last == end:
        parts.append(f"beyond {curve.label(levels[first])} {curve.sight}")
    else:
        if last > first:
            parts.append(f"between {curve.label(levels[first])} and {curve.label(levels[last])} {curve.sight}")
        left = next(levels[place] for place in reversed(close) if curve.is_better(levels[place], levels[end]))
        loss = _points(curve.difference(levels[end], left))
        parts.append(f"from {curve.label(left)} to {curve.with_unit(levels[end])}: {loss}")
    return _sentence("; ".join(parts))


def _of_flat(curve: _Curve) -> str:
    levels, best = curve.levels, curve.best
    worst = min(reversed(levels), key=curve.score)
    start = f"From {curve.label(levels[0])} to {curve.with_unit(levels[-1])} there is {_difference_seen(curve)}"
    if curve.score(worst) == curve.score(best):
        return f"{start}: all score the same."
    difference = _points(curve.difference(best, worst))
    return f"{start}: the largest difference, of {curve.label(best)} to {curve.label(worst)}, is {difference}."


def _of_names(curve: _Curve) -> str:
    best = curve.best
    tied = [level for level in curve.levels if level is not best and not curve.is_behind(level)]
    behind = sorted((level for level in curve.levels if curve.is_behind(level)), key=curve.score, reverse=True)
    metric = best["scores"][curve.metric]
    interval = "" if metric["low"] is None else f"; {metric['low']:.3f} to {metric['high']:.3f}"
    text = f"{curve.label(best)} has the highest score ({metric['mean']:.3f}{interval})"
    if tied:
        text += f", but {_and([curve.label(level) for level in tied])} cannot be told from it"
    if behind:
        losses = [f"{curve.label(level)} by {_points(curve.difference(best, level), signed=False)}" for level in behind]
        text += f"; clearly behind: {_and(losses)}"
    return f"{text}."


def _of_gap(curve: _Curve) -> str:
    """What training and validation have to do with each other, level by level."""
    gaps = [level["gap"] for level in curve.levels]
    if any(gap["low"] is None for gap in gaps):
        return "There are too few groups for an interval of the gap between training and validation."
    open_at = [gap["low"] > NOTICEABLE_GAP for gap in gaps]
    if all(gap["high"] <= NOTICEABLE_GAP for gap in gaps):
        widest = _size(max(abs(gap["mean"]) for gap in gaps))
        return f"Training and validation stay together (at most {widest} apart): no over-fit{_under_fit(curve)}."
    if not any(open_at):
        widest = max(gaps, key=lambda gap: float(gap["mean"]))
        return f"No over-fit that these rows can show (a gap of up to {_interval_size(widest)}){_under_fit(curve)}."
    if not curve.question["is_ordered"]:
        least = min(curve.levels, key=lambda level: float(level["gap"]["mean"]))
        most = max(curve.levels, key=lambda level: float(level["gap"]["mean"]))
        return (
            f"The gap between training and validation is smallest with {curve.label(least)} "
            f"({_interval_size(least['gap'])}) and largest with {curve.label(most)} ({_interval_size(most['gap'])})."
        )
    return f"The gap between training and validation {_moving_gap(curve, open_at)}{_under_fit(curve)}."


def _moving_gap(curve: _Curve, open_at: Sequence[bool]) -> str:
    """How it goes over an ordered factor: ``grows from 0.2 to 1.9 points: over-fit begins at ...``."""
    levels, places = curve.levels, range(len(open_at))
    gaps = [float(level["gap"]["mean"]) for level in levels]
    start, end = gaps[0], gaps[-1]
    moves = f"from {100 * start:.1f} to {_size(end)}"
    if all(open_at):
        if abs(end - start) < NOTICEABLE_GAP / 2:
            return f"stays at about {_size(fmean(gaps))}: over-fit at every level"
        return f"{'grows' if end > start else 'shrinks'} {moves}: over-fit at every level"
    if open_at[-1] and not open_at[0] and end > start:
        begins = next(place for place in places if all(open_at[place:]))
        return f"grows {moves}: over-fit begins at {curve.with_unit(levels[begins])}"
    if open_at[0] and not open_at[-1] and end < start:
        ends = next(place for place in places if not any(open_at[place:]))
        return f"shrinks {moves}: over-fit ends at {curve.with_unit(levels[ends])}"
    widest = max(levels, key=lambda level: float(level["gap"]["mean"]))
    return f"is widest at {curve.with_unit(widest)} ({_interval_size(widest['gap'])})"


def _under_fit(curve: _Curve) -> str:
    """Levels that are surely behind and do not even know what they have learnt from as well as the best does."""
    best = curve.best
    known = best["train"][curve.metric]["mean"]
    short = [
        level
        for level in curve.levels
        if curve.is_behind(level) and level["train"][curve.metric]["mean"] < known - NOTICEABLE_GAP
    ]
    if not short:
        return ""
    share = [level["train"][curve.metric]["mean"] for level in short]
    labels = _and([curve.label(level) for level in short])
    reached = f"{min(share):.3f}" if len(short) == 1 else f"{min(share):.3f} to {max(share):.3f}"
    return (
        f"; under-fit at {labels}, where even training rows reach {reached} only ({known:.3f} at {curve.label(best)})"
    )


def _of_promises(curve: _Curve) -> str:
    """How far the rows held back are from the rows that all ratios share."""
    offs = [(level, level["held"]["off"]) for level in curve.levels if level["held"] and level["held"]["off"]]
    sure = [(level, off) for level, off in offs if off["low"] is not None and (off["low"] > 0 or off["high"] < 0)]
    widths = [
        (level, level["held"]["high"] - level["held"]["low"])
        for level in curve.levels
        if level["held"] and level["held"]["low"] is not None
    ]
    if not widths:
        return "The rows held back are too few for an interval."
    first, last = widths[0], widths[-1]
    few = [curve.label(level) for level in curve.levels if level["held"] and level["held"]["low"] is None]
    width = (
        f"its interval is {100 * first[1]:.1f} points wide where {_held_share(first[0])} of the rows are held back and "
        f"{100 * last[1]:.1f} where {_held_share(last[0])} are"
    )
    if few:
        width += f" (at {_and(few)} too few groups are held back for any)"
    if not sure:
        return f"What the rows held back promise is no surer wrong at any ratio than chance explains; {width}."
    level, off = max(sure, key=lambda pair: abs(pair[1]["mean"]))
    way = "too much" if off["mean"] > 0 else "too little"
    return f"At {curve.label(level)} the rows held back promise {way}, by {_interval_size(off)}; {width}."


def _held_share(level: Level) -> str:
    return f"{round(100 * level['value'])}%"


def _of_seeds(question: Mapping[str, Any], level: Level) -> list[str]:
    values = level["scores"][question["metric"]]["values"]
    if len(values) < 2:
        return ["One network alone says nothing of how much seeds matter."]
    deviation, n = stdev(values), len(values)
    quantile = float(stdtrit(n - 1, 0.975))
    apart = 100 * quantile * deviation * 2**0.5
    of_five = 100 * quantile * deviation / 5**0.5
    first = (
        f"{n} networks that differ in their seed alone score from {min(values):.4f} to {max(values):.4f} on the same "
        f"rows: a standard deviation of {100 * deviation:.2f} points; a mean of five is known to within {of_five:.2f}."
    )
    second = (
        f"So two single runs of the same settings differ by up to {apart:.1f} points in nineteen of twenty cases: a "
        "smaller difference between two networks of one seed each says nothing."
    )
    return [first, second]


def _of_crossed(question: Mapping[str, Any], levels: Sequence[Level]) -> list[str]:
    curve = _Curve(question, levels)
    best = curve.best
    by = str(question["by_title"]).lower()
    metric = best["scores"][curve.metric]
    interval = "" if metric["low"] is None else f"; {metric['low']:.3f} to {metric['high']:.3f}"
    tied = sum(not curve.is_behind(level) for level in levels) - 1
    told = f", and {tied} of the {len(levels) - 1} others cannot be told from it" if tied else ""
    first = (
        f"The best of {len(levels)} combinations is {curve.with_unit(best)} with {by} {best['by']} "
        f"({metric['mean']:.3f}{interval}){told}."
    )
    rows = []
    for other in dict.fromkeys(str(level["by"]) for level in levels):
        own = [level for level in levels if str(level["by"]) == other]
        if len(own) < 2:
            continue
        within = _Curve(question, own)
        close = [within.label(level) for level in own if not within.is_behind(level)]
        rows.append((other, within.label(within.best), close))
    if not rows:
        return [first]
    shared = set.intersection(*(set(close) for _, _, close in rows)) if rows else set()
    what = str(question["title"]).lower()
    if shared:
        names = _and([label for label in dict.fromkeys(map(curve.label, levels)) if label in shared])
        second = f"One choice does for every {by}: {what} {names} is nowhere surely behind the best."
    else:
        listed = _and([f"{label} with {other}" for other, label, _ in rows])
        second = f"The best {what} depends on {by}: {listed}."
    return [first, second]


def _difference_seen(curve: _Curve) -> str:
    decisions = {found["decision"] for found in curve.question["comparisons"]}
    if decisions == {"equal"}:
        return f"no difference of {100 * curve.question['margin']:g} points"
    return f"no difference that {_number(curve.question['n_seeds'])} seeds can see"


def _points(found: Mapping[str, Any], signed: bool = True) -> str:
    form = "+.1f" if signed else ".1f"
    mean = f"{100 * found['difference']:{form}} points"
    if found["low"] is None:
        return f"{mean} (too few groups for an interval)"
    return f"{mean} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"


def _size(share: float) -> str:
    return f"{100 * share:.1f} points"


def _interval_size(gap: Mapping[str, Any]) -> str:
    text = _size(abs(gap["mean"]))
    if gap["low"] is None:
        return text
    low, high = sorted(100 * (gap[end] if gap["mean"] > 0 else -gap[end]) for end in ("low", "high"))
    return f"{text}, {low:.1f} to {high:.1f}"


def _number(count: int) -> str:
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def _and(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
