"""The record: what failed, the machine, and how it was done."""

from collections.abc import Iterator, Mapping
from typing import Any

from bakeoff.report._format import is_number, plural, seconds
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Code, Column, Fold, Points, Section, Table, Words
from bakeoff.report.sections._context import Context, fit_name, name_of

__all__ = ["environment", "failures", "protocol"]


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
    sentences += _seed_sentences(context)
    if not settings.get("sentences"):
        sentences.append(f"The metric that decides is {context.metric_name}, declared before anything was fitted.")
    if is_number(settings.get("time_limit_seconds")):
        sentences.append(f"A fit that takes longer than {seconds(settings['time_limit_seconds'])} is ended.")
    return Section("protocol", "How it was done", (Points(tuple(sentences)),))


def _seed_sentences(context: Context) -> Iterator[str]:
    """Who was fitted with which seeds; those that agree in one sentence."""
    by_seeds: dict[tuple[object, ...], list[str]] = {}
    for entry in context.contestants:
        if entry.get("is_random") and entry.get("seeds"):
            by_seeds.setdefault(tuple(entry["seeds"]), []).append(name_of(entry))
    for seeds, names in by_seeds.items():
        who = "Contestants that are random were" if len(by_seeds) == 1 else f"{', '.join(names)}:"
        listed = ", ".join(shown(seed, 20) for seed in seeds)
        yield f"{who} fitted with {plural(len(seeds), 'seed')}: {listed}."
