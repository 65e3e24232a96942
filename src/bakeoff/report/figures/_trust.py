"""Pictures of trust: what a random split promises, and whether validation tells the truth about test rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from bakeoff.compare import METRIC_NAMES
from bakeoff.report._format import is_number
from bakeoff.report.figures._style import THEME, ReportFigure, drawn, label, new_figure

__all__ = ["harm", "validation_against_test"]

_Score = Mapping[str, Any]

# What each series looks like: above or below its line, edge colour, fill colour, marker.
_LOOKS = {
    "split at random": (-0.16, THEME["red"], THEME["red"], "D"),
    "groups kept together": (0.16, THEME["orange"], THEME["paper"], "o"),
    "test rows": (-0.16, THEME["blue"], THEME["blue"], "o"),
}
_LABEL_INCHES = 0.16  # from one name to the next, where they stand below each other
_AXES_INCHES = 2.7  # about the height of the square


@drawn
def harm(probes: Sequence[_Score], contestants: Sequence[Mapping[str, Any]] = ()) -> ReportFigure:
    """Accuracy on a random and on a grouped split; below it, contestants on grouped validation rows and on test rows.

    Parameters
    ----------
    probes : sequence of mapping
        ``data.probes.harm.contestants`` of ``results.json``: ``words``, ``random``, ``grouped``.
    contestants : sequence of mapping
        As in ``results.json``, with a grouped validation; those without a score are left out.
    """
    lines = [
        (probe.get("words", ""), {"split at random": probe.get("random"), "groups kept together": probe.get("grouped")})
        for probe in probes
    ]
    for entry in contestants:
        scores = {part: (entry.get(part) or {}).get("accuracy") for part in ("validation", "test")}
        if any(scores.values()):
            series = {"test rows": scores["test"], "groups kept together": scores["validation"]}
            lines.append((entry.get("name", ""), series))
    figure = new_figure(5.4, 1.05 + 0.4 * len(lines))
    axes = figure.subplots()
    handles = {}
    for row, (_, series) in enumerate(lines):
        for words, score in series.items():
            if score and is_number(score.get("mean")):
                handles[words] = _dot(axes, score, row, words)
    axes.set_yticks(range(len(lines)), [label(name, 20) for name, _ in lines], parse_math=False)
    axes.set_ylim(max(len(lines), 1) - 0.5, -0.5)
    if 0 < len(probes) < len(lines):
        axes.axhline(len(probes) - 0.5, color=THEME["grey"], linewidth=0.8)
    axes.set_xlabel("accuracy")
    axes.set_ylabel("probe, contestant" if len(lines) > len(probes) else "probe")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    if handles:
        ordered = {words: handles[words] for words in _LOOKS if words in handles}
        figure.legend(list(ordered.values()), list(ordered), loc="outside upper right", ncols=3, columnspacing=1.0)
    return figure


def _dot(axes: Axes, score: _Score, row: int, words: str) -> Any:
    shift, colour, fill, marker = _LOOKS[words]
    y = row + shift
    if is_number(score.get("low")) and is_number(score.get("high")):
        axes.plot([score["low"], score["high"]], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
    (dot,) = axes.plot(
        [score["mean"]], [y], marker, markersize=6 if marker == "o" else 5, markerfacecolor=fill,
        markeredgecolor=colour, markeredgewidth=1.4, linestyle="none",
    )  # fmt: skip
    return dot


@drawn
def validation_against_test(contestants: Sequence[Mapping[str, Any]], metric: str = "f1_macro") -> ReportFigure:
    """Validation and test score of each contestant with both intervals: on the dotted line validation tells the truth.

    Parameters
    ----------
    contestants : sequence of mapping
        As in ``results.json``; those without both scores are left out.
    metric : {"accuracy", "f1_macro", "f1_weighted", "log_loss"}
    """
    figure = new_figure(4.6, 3.4)
    axes = figure.subplots()
    points = []
    for entry in contestants:
        validation, test = ((entry.get(part) or {}).get(metric) or {} for part in ("validation", "test"))
        if is_number(validation.get("mean")) and is_number(test.get("mean")):
            _cross(axes, validation, test)
            points.append((label(entry.get("name", ""), 18), validation["mean"], test["mean"]))
    _square(axes)
    _names(axes, points)
    words = METRIC_NAMES.get(metric, label(metric))
    axes.set_xlabel(f"validation {words}")
    axes.set_ylabel(f"test {words}")
    return figure


def _cross(axes: Axes, validation: _Score, test: _Score) -> None:
    x, y = validation["mean"], test["mean"]
    look: dict[str, Any] = {"color": THEME["blue"], "linewidth": 1.2, "alpha": 0.75}
    if is_number(validation.get("low")) and is_number(validation.get("high")):
        axes.plot([validation["low"], validation["high"]], [y, y], **look)
    if is_number(test.get("low")) and is_number(test.get("high")):
        axes.plot([x, x], [test["low"], test["high"]], **look)
    axes.plot([x], [y], "o", color=THEME["blue"], markersize=5.5)


def _square(axes: Axes) -> None:
    """The same range on both axes, with the diagonal."""
    axes.margins(0.06)
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color=THEME["grey"], linewidth=1, linestyle=":")
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.locator_params(nbins=6)


def _names(axes: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    """Names beside the axes, in the order of the test scores and never one on another, each led to its point."""
    low, high = axes.get_ylim()
    step = _LABEL_INCHES / _AXES_INCHES * (high - low)
    ordered = sorted(points, key=lambda point: point[2])
    heights: list[float] = []
    for _, _, y in ordered:
        heights.append(max(y, heights[-1] + step) if heights else y)
    top = high - step / 2
    for i in reversed(range(len(heights))):  # what stands too high is pushed down again, from above
        heights[i] = min(heights[i], top)
        top = heights[i] - step
    for (name, x, y), height in zip(ordered, heights, strict=True):
        axes.annotate(
            name, (x, y), (1.04, height), xycoords="data", textcoords=axes.get_yaxis_transform(), va="center",
            fontsize=8.5, annotation_clip=False, parse_math=False,
            arrowprops={"arrowstyle": "-", "color": THEME["grey"], "linewidth": 0.6, "shrinkA": 1, "shrinkB": 4},
        )  # fmt: skip
