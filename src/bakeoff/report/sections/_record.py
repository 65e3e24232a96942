"""The record: published figures, what failed, openings of the test labels, the machine, and how it was done."""

from collections.abc import Iterator, Mapping
from typing import Any

from bakeoff.report._format import METRIC_NAMES, interval, is_number, plural, score, seconds, times
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Code, Column, Fold, Points, Section, Table, Words
from bakeoff.report.sections._context import Context, fit_name, name_of

__all__ = ["claims", "environment", "failures", "openings", "protocol"]


def claims(context: Context) -> Section:
    """Published figures beside what was measured."""
    entries = context.run.entries("claims")
    if not entries:
        return Section(
            "claims", "Against published figures", (Words("The recipe names no published figures.", "muted"),)
        )
    rows = []
    for claim in entries:
        agrees = claim.get("agrees")
        answer = (
            Cell("cannot be said", "warn") if agrees is None else Cell("yes", "good") if agrees else Cell("no", "bad")
        )
        rows.append(
            (
                Cell(shown(claim.get("contestant", ""), 60)),
                Cell(METRIC_NAMES.get(str(claim.get("metric")), shown(claim.get("metric", "")))),
                Cell(score(claim.get("published"))),
                Cell(score(claim.get("measured"))),
                Cell(interval(claim.get("low"), claim.get("high"))),
                answer,
                Cell(shown(claim.get("explanation") or "–", 400)),
            )
        )
    numbers = (Column("published", True), Column("measured", True), Column("interval of one run", True))
    columns = (Column("Contestant"), Column("figure"), *numbers, Column("agrees"), Column("why"))
    table = Table("Published figures and what was measured here", columns, tuple(rows))
    return Section("claims", "Against published figures", (table,))


def failures(context: Context) -> Section:
    """What failed or ran past its time, with the reason; and what the models themselves said."""
    rows = []
    for entry in context.contestants:
        fits = [fit for fit in entry.get("fits") or () if fit.get("status") not in (None, "ok")]
        for fit in fits:
            which = f"{fit_name(fit)}, {shown(fit.get('stage') or 'fit')}"
            reason = fit.get("reason") or entry.get("reason") or "no reason was kept"
            rows.append(
                (Cell(name_of(entry)), Cell(which), Cell(shown(fit.get("status")), "bad"), Cell(shown(reason, 600)))
            )
        if not fits and entry.get("status") not in (None, "ok"):
            reason = shown(entry.get("reason") or "no reason was kept", 600)
            rows.append((Cell(name_of(entry)), Cell("all fits"), Cell(shown(entry.get("status")), "bad"), Cell(reason)))
    columns = (Column("Contestant"), Column("fit"), Column("what happened"), Column("why"))
    blocks: list[Block] = [Words("Every fit ended well.")]
    if rows:
        blocks = [Table("Fits that did not end well", columns, tuple(rows))]
    notes = tuple(_notes(context))
    if notes:
        blocks.append(Fold("What the models themselves noted", (Points(notes),)))
    return Section("failures", "What failed", tuple(blocks))


def _notes(context: Context) -> Iterator[str]:
    for entry in context.contestants:
        notes = dict.fromkeys(shown(note, 400) for fit in entry.get("fits") or () for note in fit.get("notes") or ())
        yield from (f"{name_of(entry)}: {note}" for note in notes)


def openings(context: Context) -> Section:
    """How often the test labels were used, now and ever."""
    record = context.run.part("openings")
    now, ever = record.get("this_run"), record.get("ever")
    if not is_number(now):
        words = "This run kept no record of openings."
    elif not now:
        words = "This run did not open the test labels."
    else:
        words = f"This run opened the test labels {times(now)}: that many comparisons of predictions with them."
    blocks: list[Block] = [Words(words)]
    if is_number(ever):
        more = " Each look makes it easier to choose what suits these rows by chance." if ever > 1 else ""
        blocks.append(Words(f"In this workspace they have been opened {times(ever)} so far.{more}"))
    return Section("openings", "Openings of the test labels", tuple(blocks))


def environment(context: Context) -> Section:
    """The machine, the versions, and the command that repeats the run."""
    results = context.run.results
    blocks: list[Block] = []
    if results.get("command"):
        blocks += [Words("To repeat it:"), Code(shown(results["command"], 2000), "Command")]
    rows = tuple((Cell(name), Cell(value)) for name, value in _flat(context.run.environment))
    if rows:
        blocks.append(Table("Machine and libraries", (Column("What"), Column("Value")), rows))
    else:
        blocks.append(Words("The run kept no record of the machine.", "muted"))
    if context.run.recipe:
        lines = context.run.recipe.splitlines()
        text = "\n".join(_spaced(line) for line in lines[:2000])
        blocks.append(Fold("The whole recipe", (Code(text, "recipe.yaml"),)))
    return Section("environment", "To repeat it", tuple(blocks))


def _spaced(line: str) -> str:
    """A line with its indentation, which means something in YAML."""
    return line[: len(line) - len(line.lstrip(" "))] + (shown(line, 500) if line.strip() else "")


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{before}{shown(key, 60)}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}: ")
        elif isinstance(value, list):
            yield name, ", ".join(shown(item, 200) for item in value) or "–"
        else:
            yield name, "–" if value is None or value == "" else shown(value, 400)


def protocol(context: Context) -> Section:
    """What was done, in words."""
    settings = context.run.part("protocol")
    sentences = [shown(sentence, 600) for sentence in settings.get("sentences") or ()]
    seeds = settings.get("seeds")
    if seeds:
        sentences.append(f"Contestants that are random were fitted with {plural(len(seeds), 'seed')}: "
                         f"{', '.join(shown(seed, 20) for seed in seeds)}.")  # fmt: skip
    if not settings.get("sentences"):
        sentences.append(f"The metric that decides is {context.metric_name}, declared before anything was fitted.")
    if is_number(settings.get("time_limit_seconds")):
        sentences.append(f"A fit that takes longer than {seconds(settings['time_limit_seconds'])} is ended.")
    return Section("protocol", "How it was done", (Points(tuple(sentences)),))
