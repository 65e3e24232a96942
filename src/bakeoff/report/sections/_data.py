"""What the data are, with three pictures: random rows, rows a class, one image of each class."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bakeoff.report import figures
from bakeoff.report._format import count, is_number, percent, plural, size
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Column, Fold, Gallery, Points, Section, Table, Words
from bakeoff.report.sections._context import Context
from bakeoff.report.sections._pictures import gallery_pictures, usable
from bakeoff.report.sections._unlike import unlike_sentence

__all__ = ["data"]

_MOST_CLASS_IMAGES = 60


def data(context: Context) -> Section:
    """The data card and the three pictures."""
    card = context.run.part("data")
    blocks: list[Block] = [_card(card, context.has_folds)]
    decisions = [shown(sentence, 400) for sentence in card.get("decisions") or ()]
    decisions += filter(None, [unlike_sentence(context)])
    if decisions:
        blocks.append(Points(tuple(decisions)))
    blocks += [block for block in (_samples(context), _histogram(context), _one_a_class(context)) if block]
    if "sample_images" not in context.run.pictures:
        why = "plain rows have none" if card.get("kind") == "rows" else "this run kept none"
        blocks.append(Words(f"No pictures of the data: {why}.", "muted"))
    if card.get("sources"):
        blocks.append(Fold("Files, with their sha256", (_sources(card["sources"]),)))
    return Section("data", "The data", tuple(blocks))


def _card(card: Mapping[str, Any], has_folds: bool) -> Table:
    lines = [
        ("Data set", shown(card.get("name", ""))),
        ("Kind", _kind(card)),
        ("Rows", _rows(card, has_folds)),
        ("Classes", count(card.get("n_classes"))),
        ("Rows a class, in training", _balance(card)),
        ("Missing values", count(card.get("missing_values"))),
        ("Range of values", " to ".join(f"{v:g}" if is_number(v) else "–" for v in card.get("value_range") or ("–",))),
        ("Exact copies", _copies(card.get("exact_copies") or {})),
        ("Groups", _groups(card.get("groups") or {})),
        ("Hash of the rows", shown(card.get("sha256") or "–")[:16]),
    ]
    rows = tuple((Cell(name), Cell(value)) for name, value in lines)
    return Table("The data in figures", (Column("What"), Column("Figure")), rows)


def _kind(card: Mapping[str, Any]) -> str:
    shape = card.get("image_shape")
    if card.get("kind") == "images" and shape:
        return f"images, {shape[0]} × {shape[1]} pixels, {plural(int(shape[2]), 'channel')}"
    return f"plain rows of {plural(int(card.get('n_features') or 0), 'number')}"


def _rows(card: Mapping[str, Any], has_folds: bool) -> str:
    if has_folds:
        return f"{count(card.get('n_train'))}, each of them in turn for training, validation and test"
    parts = [f"{count(card[f'n_{part}'])} {name}" for part, name in _PARTS.items() if card.get(f"n_{part}")]
    return ", ".join(parts) or "–"


_PARTS = {"train": "training", "validation": "validation", "test": "test"}


def _balance(card: Mapping[str, Any]) -> str:
    counts = (card.get("class_counts") or {}).get("train")
    if not counts:
        return "–"
    return f"{count(min(counts))} to {count(max(counts))}"


def _copies(copies: Mapping[str, Any]) -> str:
    if not any(is_number(value) for value in copies.values()):
        return "–"
    within = f"{count(copies.get('train'))} in training"
    across = copies.get("test_in_train")
    return f"{within}, {count(across)} test rows also in training" if is_number(across) else within


def _groups(groups: Mapping[str, Any]) -> str:
    if not (groups.get("declared") or groups.get("found")):
        if is_number(groups.get("n_rows_with_copies")):
            is_apart = groups.get("too_large") or groups.get("whole_class")
            none = "none that could be kept together" if is_apart else "none found"
            unknown = groups.get("not_searched")
            return f"{none}; of {plural(int(unknown), 'row')} not known" if is_number(unknown) and unknown else none
        return "not looked for" if groups else "–"
    words = f"{count(groups.get('n_groups'))} {'declared' if groups.get('declared') else 'found'}"
    if is_number(groups.get("median_size")):
        words += f", median size {groups['median_size']:g}, largest {count(groups.get('largest'))}"
    leaking = groups.get("leaking")
    return f"{words}, {count(leaking)} with training and test rows" if is_number(leaking) else words


def _samples(context: Context) -> Block | None:
    images = context.run.pictures.get("sample_images")
    labels = context.run.pictures.get("sample_labels")
    if images is None or labels is None or not usable(images):
        return None
    names = [context.class_name(int(label)) for label in labels]
    chart = Chart(
        "sample-images",
        f"{plural(len(images), 'random training row')}, each with its label.",
        f"Random training images with their labels: {', '.join(names)}.",
        partial(figures.sample_images, images, names),
    )
    return _gallery(images, names, chart)


def _one_a_class(context: Context) -> Block | None:
    images = context.run.pictures.get("class_images")
    if images is None or not usable(images):
        return None
    names = [context.class_name(index) for index in range(len(images))]
    caption = "One training image of each class, in the order of the classes."
    if len(images) > _MOST_CLASS_IMAGES:
        caption = f"One training image a class: the first {_MOST_CLASS_IMAGES} of {count(len(images))} classes."
        images, names = images[:_MOST_CLASS_IMAGES], names[:_MOST_CLASS_IMAGES]
    draw = partial(figures.one_image_per_class, images, names)
    return _gallery(images, names, Chart("one-image-per-class", caption, caption, draw))


def _gallery(images: Any, names: Sequence[str], chart: Chart) -> Gallery:
    descriptions = [f"A training image of class {name}" for name in names]
    pictures = gallery_pictures(images, descriptions, [(Cell(name),) for name in names])
    columns = len(images) if len(images) in (9, 10, 11) else 12
    return Gallery(pictures, chart, columns, 5 if columns == 10 else 6)


def _histogram(context: Context) -> Block | None:
    counts = {
        part: numbers for part, numbers in (context.run.part("data").get("class_counts") or {}).items() if numbers
    }
    if not counts or not context.class_names:
        return None
    if context.has_folds:
        counts = {"train": counts.get("train") or next(iter(counts.values()))}
    smallest, largest = min(counts.get("train") or [0]), max(counts.get("train") or [0])
    share = percent(smallest / largest) if largest else "–"
    return Chart(
        "class-histogram",
        f"Rows of each class. The rarest class has {share} of the rows of the commonest, in training.",
        f"Bars of the number of rows of each of {plural(len(context.class_names), 'class', 'classes')}; in training "
        f"from {count(smallest)} to {count(largest)}.",
        partial(figures.class_histogram, context.class_names, counts),
    )


def _sources(sources: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (Cell(shown(file.get("name", ""))), Cell(size(file.get("n_bytes"))), Cell(shown(file.get("sha256") or "–")))
        for file in sources
    )
    return Table("Files that the rows came from", (Column("File"), Column("Size", True), Column("sha256")), rows)
