"""Near-copies as a picture, and the harm that they do to a random split."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any, TypeAlias

from bakeoff.compare import Gap, harm_gaps
from bakeoff.report import figures
from bakeoff.report._format import DASH, count, is_number, percent, plural
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Gallery, Section, Words
from bakeoff.report.sections._context import Context
from bakeoff.report.sections._pictures import gallery_pictures, usable

__all__ = ["copies", "harm_in_short"]


def copies(context: Context) -> Section | None:
    """One photograph with its copies, then what a random split makes of them; None where there are no groups."""
    probes = _harm_probes(context)
    if not (context.has_groups or context.apart or probes):
        return None
    declared = bool(context.groups.get("declared"))
    blocks: list[Block] = [Words(" ".join(_group_sentences(context)))]
    gallery = None if declared else _gallery(context)
    if gallery:
        blocks.append(gallery)
    if probes:
        blocks += [Words(" ".join(_harm_sentences(probes))), _harm_chart(context, probes)]
        if context.has_groups and not context.validates_on_test:
            blocks.append(Words("Every split of this run keeps groups together.", "muted"))
    title = "Groups, and the harm of taking them apart" if declared else "Near-copies, and the harm they do"
    return Section("copies", title, tuple(blocks))


def _group_sentences(context: Context) -> Iterator[str]:
    groups, n_train = context.groups, context.card.get("n_train")
    if groups.get("declared"):
        yield f"The rows come in {count(groups.get('n_groups'))} declared groups, the largest of {_rows(groups)}."
    else:
        copied = groups.get("n_rows_with_copies")
        if is_number(copied):
            of_all = f" of {count(n_train)}" if is_number(n_train) else ""
            yield f"{count(copied)}{of_all} training rows have a near-copy among the others{_threshold(groups)}."
        if is_number(groups.get("n_groups")):
            yield f"Joined, the rows make {count(groups['n_groups'])} groups, the largest of {_rows(groups)}."
    mixed = groups.get("n_mixed")
    if is_number(mixed) and mixed:
        yield (
            f"{plural(int(mixed), 'group')} {'holds' if mixed == 1 else 'hold'} rows of more than one class: nearly "
            "the same picture with two labels."
        )
    large, classes = ([count(size) for size in groups.get(key) or ()][:5] for key in ("too_large", "whole_class"))
    if large:
        yield (
            f"More than 1\N{NO-BREAK SPACE}% of the rows look alike in a group of {' and of '.join(large)} rows, "
            "which was not kept together: look whether these are copies at all."
        )
    if classes:
        yield (
            f"A group of {' and of '.join(classes)} rows is all that there is of a class. It was not kept together, "
            "or no split could have had the class on both sides."
        )


def _rows(groups: Mapping[str, Any]) -> str:
    largest = f"{count(groups.get('largest'))} rows"
    if is_number(groups.get("median_size")) and groups["median_size"] > 1:
        return f"{largest}, half of the groups of {groups['median_size']:g} or fewer"
    return largest


def _threshold(groups: Mapping[str, Any]) -> str:
    if not is_number(groups.get("threshold")):
        return ""
    return f": apart from brightness and contrast they correlate at {groups['threshold']:g} or more"


def _gallery(context: Context) -> Gallery | None:
    pictures = context.run.pictures
    images, similarity = pictures.get("group_images"), pictures.get("group_similarity")
    if not usable(images) or images is None or similarity is None or len(similarity) != len(images):
        return None
    rows = pictures.get("group_rows")
    names = [f"row {count(int(row))}" for row in rows] if rows is not None and len(rows) == len(images) else []
    names = names or [f"image {number + 1}" for number in range(len(images))]
    alike = [f"{value:.3f}" if isfinite(value) else DASH for value in similarity]
    texts = [f"A near-copy of it, {name}, correlation {value}" for name, value in zip(names, alike, strict=True)]
    alike[0], texts[0] = "one photograph", f"One photograph, {names[0]}"
    lines = [(Cell(value), Cell(name, "muted")) for value, name in zip(alike, names, strict=True)]
    chart = Chart(
        "group-of-copies",
        f"One photograph of the training rows and {plural(len(images) - 1, 'near-copy', 'near-copies')} of it, each "
        "with its correlation with the first.",
        f"One image and its near-copies: {', '.join(names)}.",
        partial(figures.group_of_copies, images, [float(value) for value in similarity]),
    )
    return Gallery(gallery_pictures(images, texts, lines), chart, columns=8, few_columns=4)


_Probe: TypeAlias = tuple[Mapping[str, Any], Gap]
"""A probe of ``results.json``, and what a random split adds to its score."""


def _harm_probes(context: Context) -> Sequence[_Probe]:
    """The probes that were scored on a random and on a grouped split, those that were flattered first."""
    harm = context.probe("harm")
    gaps = harm_gaps(harm)
    probes = ((probe, gaps.get(str(probe.get("name", "")))) for probe in harm.get("contestants") or ())
    known = [(probe, gap) for probe, gap in probes if gap is not None]
    return sorted(known, key=lambda each: not _is_flattered(each[1]))


def _is_flattered(gap: Gap) -> bool:
    """Whether the random split surely promises more than the margin of equality."""
    return gap.is_beyond_margin and gap.mean > 0


def harm_in_short(context: Context) -> Iterator[str]:
    """What a random split makes of a probe, in a sentence; nothing where none was run."""
    for probe, _ in _harm_probes(context)[:1]:
        yield (
            f"Split at random, {_name(probe)} would get {percent(probe['random']['mean'], 1)} right, with groups "
            f"kept together {percent(probe['grouped']['mean'], 1)}."
        )


def _harm_sentences(probes: Sequence[_Probe]) -> Iterator[str]:
    """Before and after in words, the most harmed probe first.

    Parameters
    ----------
    probes : sequence of (mapping, Gap)
        At least one, as `_harm_probes` gives them.
    """
    (first, gap), *others = probes
    name, before, after = _name(first), percent(first["random"]["mean"], 1), _accuracy(first["grouped"])
    if _is_flattered(gap):
        yield f"Split at random, {name} gets {before} of the rows held back right."
        yield f"Split so that groups stay together, it gets {after}."
        yield (
            f"The {100 * gap.mean:.1f} points in between are rows known by heart: a random split promises them, and "
            "new rows will not bring them."
        )
    else:
        yield (
            f"Split at random, {name} gets {before} of the rows held back right; with groups kept together, {after}: "
            "so far these rows show no harm."
        )
    for probe, _ in others:
        yield f"For {_name(probe)} it is {percent(probe['random']['mean'], 1)} against {_accuracy(probe['grouped'])}."


def _name(probe: Mapping[str, Any]) -> str:
    return shown(probe.get("words") or probe.get("name") or "a probe", 60)


def _accuracy(found: Mapping[str, Any]) -> str:
    mean = percent(found["mean"], 1)
    if not (is_number(found.get("low")) and is_number(found.get("high"))):
        return mean
    return f"{mean} ({100 * found['low']:.1f} to {percent(found['high'], 1)})"


def _harm_chart(context: Context, probes: Sequence[_Probe]) -> Chart:
    grouped = context.has_groups and not context.validates_on_test
    scored = [entry for entry in context.contestants if grouped and context.score(entry, "accuracy", "validation")]
    entries = [entry for entry in scored if entry.get("family") != "dummy"]
    below = (
        "; below the line, every contestant on validation rows, where groups were kept together, and on test rows"
        if entries
        else ""
    )
    return Chart(
        "harm-of-a-random-split",
        f"Accuracy where rows are split at random and where groups are kept together{below}.",
        f"Dots with intervals. {' '.join(_harm_sentences(probes))}",
        partial(figures.harm, [probe for probe, _ in probes], entries),
    )
