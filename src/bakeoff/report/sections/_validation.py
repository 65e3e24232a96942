"""Whether validation tells the truth about test rows, with and without the test rows that have a copy in training."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bakeoff.compare import Gap, validation_gaps
from bakeoff.report import figures
from bakeoff.report._format import count, is_number, percent, points, score
from bakeoff.report._view import Block, Cell, Chart, Column, Section, Table, Words
from bakeoff.report.sections._context import Context, Entry, name_of
from bakeoff.report.sections._unlike import is_unlike

__all__ = ["gaps_of", "truth_of_validation", "validation"]


def validation(context: Context) -> Section | None:
    """Validation and test scores side by side; None where no contestant has both, or both are of the same rows."""
    gaps = gaps_of(context)
    if not gaps:
        return None
    blocks: list[Block] = [Words(truth_of_validation(context, gaps))]
    if is_unlike(context) and any(found.is_beyond_margin for _, found in gaps):
        blocks.append(Words("One reason may be that training and test rows are not of one kind: see the data."))
    if len(gaps) > 1:
        blocks.append(Words(_choice(context, [entry for entry, _ in gaps])))
    blocks += [_chart(context, gaps), _table(context, gaps)]
    copies = _without_copies(context, [entry for entry, _ in gaps])
    if copies:
        blocks.append(Words(copies))
    together = ", all of them together" if len(gaps) > 1 else ""
    blocks.append(
        Words(
            "A validation score is that of a fit on fewer rows than the fit that the test rows see, so a little less "
            f"is to be expected of it. The differences have {percent(context.confidence)} intervals{together}.",
            "muted",
        )
    )
    return Section("validation", "Does validation tell the truth?", tuple(blocks))


def gaps_of(context: Context) -> Sequence[tuple[Entry, Gap]]:
    """Contestants with a validation and a test score of different rows, and validation minus test for each."""
    gaps = validation_gaps(context.run.results)
    return [(entry, gaps[name]) for entry in context.contestants if (name := str(entry.get("name", ""))) in gaps]


def truth_of_validation(context: Context, gaps: Sequence[tuple[Entry, Gap]]) -> str:
    """The answer in a sentence: validation minus test, and whether chance explains it."""
    if all(found.low is None for _, found in gaps):
        return "There are too few groups for intervals, so whether validation tells the truth cannot be said."
    settled = [(entry, found) for entry, found in gaps if found.is_beyond_margin]
    if not settled:
        return _tells_the_truth(context, gaps)
    sign = -1 if context.metric == "log_loss" else 1  # a loss that is too low promises too much
    promising = sum(sign * found.mean > 0 for _, found in settled)
    what = {len(settled): "promises too much", 0: "promises too little"}.get(promising, "misses the test score")
    entry, found = max(settled, key=lambda pair: abs(pair[1].mean))
    whom = f"for {len(settled)} of {len(gaps)} contestants" if len(gaps) > 1 else f"for {name_of(entry)}"
    most = f"the most for {name_of(entry)}, " if len(gaps) > 1 else ""
    return (
        f"Validation {what} here: {whom} it differs from the test score by more than chance explains "
        f"({most}{_difference(context, found)})."
    )


def _tells_the_truth(context: Context, gaps: Sequence[tuple[Entry, Gap]]) -> str:
    """Where no difference surely exceeds the margin: the largest that chance does not explain, else the largest."""
    beyond = [(entry, found) for entry, found in gaps if found.is_beyond_chance]
    entry, found = max(beyond or gaps, key=lambda pair: abs(pair[1].mean))
    which, whose = ("the largest difference", f" of {name_of(entry)}") if len(gaps) > 1 else ("the difference", "")
    words = f"{_difference(context, found)}{whose}"
    if not beyond:
        return (
            f"Validation tells the truth here, as far as these rows can show: {which}, {words}, is within what chance "
            "explains."
        )
    which = "the largest difference that chance does not explain" if len(gaps) > 1 else "the difference"
    more = "is not surely more" if len(gaps) > 1 else "is more than chance explains, not surely more than that"
    return (
        f"Validation tells the truth here to within the margin of {points(found.margin, signed=False)} points, as far "
        f"as these rows can show: {which}, {words}, {more}."
    )


def _difference(context: Context, found: Gap) -> str:
    return f"{_amount(context, found.mean)}{'' if context.metric == 'log_loss' else ' points'}"


def _amount(context: Context, value: float | None) -> str:
    """A difference in points, or as it is where the metric is a loss."""
    if context.metric != "log_loss" or value is None:
        return points(value)
    return f"{value:+.4f}".replace("-", "−")


def _choice(context: Context, entries: Sequence[Entry]) -> str:
    """Whom validation would have chosen, and what that choice costs on test rows."""
    sign = -1 if context.metric == "log_loss" else 1
    by_validation, by_test = (
        max(entries, key=lambda entry: sign * context.score(entry, part=part)["mean"])
        for part in ("validation", "test")
    )
    if by_validation is by_test:
        return f"Choosing by validation would take {name_of(by_test)}, which is also first on the test rows."
    lost = context.score(by_test, part="test")["mean"] - context.score(by_validation, part="test")["mean"]
    return (
        f"Choosing by validation would take {name_of(by_validation)}; on the test rows {name_of(by_test)} is first, "
        f"by {_difference(context, Gap(abs(lost))).removeprefix('+')}."
    )


def _chart(context: Context, gaps: Sequence[tuple[Entry, Gap]]) -> Chart:
    entries = [entry for entry, _ in gaps]
    figures_of_all = "; ".join(
        f"{name_of(entry)} {score(context.score(entry, part='validation')['mean'])} and "
        f"{score(context.score(entry, part='test')['mean'])}"
        for entry in entries
    )
    side = "above" if context.metric == "log_loss" else "below"
    return Chart(
        "validation-against-test",
        f"Validation and test {context.metric_name} with their intervals. On the dotted line both are equal; "
        f"{side} it, validation promises more than the test rows keep.",
        f"Validation against test {context.metric_name}: {figures_of_all}.",
        partial(figures.validation_against_test, entries, context.metric),
    )


def _table(context: Context, gaps: Sequence[tuple[Entry, Gap]]) -> Table:
    has_clean = any(entry.get("test_without_copies") for entry, _ in gaps)
    rows = []
    for entry, found in gaps:
        inside = f" ({_amount(context, found.low)} to {_amount(context, found.high)})" if found.low is not None else ""
        row = [
            Cell(name_of(entry)),
            *(Cell(score(context.score(entry, part=part).get("mean"))) for part in ("validation", "test")),
            Cell(f"{_amount(context, found.mean)}{inside}", "warn" if found.is_beyond_margin else ""),
        ]
        if has_clean:
            row.append(Cell(score(_clean_score(context, entry).get("mean"))))
        rows.append(tuple(row))
    unit = "" if context.metric == "log_loss" else ", points"
    titles = ["validation", "test", f"validation − test{unit}"] + ["test without copies"] * has_clean
    columns = (Column("Contestant"), *(Column(title, True) for title in titles))
    return Table(f"{_capital(context.metric_name)} of validation and of test rows", columns, tuple(rows))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _clean_score(context: Context, entry: Entry) -> Mapping[str, Any]:
    return (entry.get("test_without_copies") or {}).get(context.metric) or {}


def _without_copies(context: Context, entries: Sequence[Entry]) -> str:
    """What the test rows with a near-copy in training do to the scores."""
    copies, n_test = context.groups.get("n_test_copies"), context.card.get("n_test")
    if not is_number(copies) or not is_number(n_test) or not n_test:
        return ""
    if not copies:
        return "No test row has a near-copy in training."
    words = f"{count(copies)} of {count(n_test)} test rows ({percent(copies / n_test, 1)}) have a near-copy in training"
    changes = [
        (_clean_score(context, entry)["mean"] - context.score(entry, part="test")["mean"], entry)
        for entry in entries
        if is_number(_clean_score(context, entry).get("mean"))
    ]
    if not changes:
        return f"{words}."
    change, entry = max(changes, key=lambda pair: abs(pair[0]))
    most = ", the most that any score changes" if len(changes) > 1 else ""
    return (
        f"{words}. Without them {name_of(entry)} has {score(_clean_score(context, entry)['mean'])} instead of "
        f"{score(context.score(entry, part='test')['mean'])} ({_difference(context, Gap(change))}{most})."
    )
