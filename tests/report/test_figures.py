"""Figures take plain data, label their axes, draw what they are given and take no text for more than text."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from bakeoff.report import draw_data_pictures, figures
from bakeoff.report._build import view

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
TEXT = "{http://www.w3.org/2000/svg}text"


def texts(figure: figures.ReportFigure) -> list[str]:
    root = ElementTree.fromstring(figures.save_svg(figure))
    return ["".join(element.itertext()) for element in root.iter(TEXT)]


@pytest.fixture(scope="module")
def contestants(results: dict[str, Any]) -> list[dict[str, Any]]:
    return results["contestants"]


def test_every_axis_of_every_chart_is_labelled(run_folder: Path) -> None:
    pictures = ("sample-images", "one-image-per-class", "mistakes")
    charts = [chart for chart in view(run_folder).charts() if not chart.name.startswith(pictures)]
    assert len(charts) >= 8
    for chart in charts:
        for axes in chart.draw().axes:
            if axes.axison:
                assert axes.get_xlabel(), chart.name
                assert axes.get_ylabel(), chart.name


def test_the_leaderboard_draws_each_mean_with_its_interval_and_a_stroke_for_each_seed(contestants) -> None:
    axes = figures.leaderboard(contestants, "f1_macro").axes[0]
    lines = [(tuple(line.get_xdata()), line.get_marker()) for line in axes.lines]
    score = contestants[0]["test"]["f1_macro"]
    assert ((score["mean"],), "o") in lines
    assert ((score["low"], score["high"]), "None") in lines
    for value in score["values"]:
        assert ((value, value), "None") in lines
    assert [label.get_text() for label in axes.get_yticklabels()] == ["dense", "svc", "forest", "boosting"]
    assert "timed out" in [text.get_text() for text in axes.texts]


def test_history_shows_the_mean_of_the_seeds_up_to_where_all_of_them_trained() -> None:
    curves = [{"loss": [4.0, 2.0, 1.0], "val_loss": [5.0, 3.0, None]}, {"loss": [2.0, 1.0], "val_loss": [3.0, 1.0]}]
    axes = figures.history(curves, ("loss",)).axes[0]
    strong = [list(line.get_ydata()) for line in axes.lines if line.get_linewidth() > 1]
    assert strong == [[3.0, 1.5], [4.0, 2.0]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]
    assert sum(line.get_linewidth() < 1 for line in axes.lines) == 4


def test_history_without_validation_rows_names_training_alone() -> None:
    legend = figures.history([{"loss": [1.0, 0.5]}], ("loss",)).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["training"]


def test_the_confusion_matrix_has_a_square_and_a_number_for_each_count_above_zero() -> None:
    axes = figures.confusion_matrix([[5, 0, 1], [0, 4, 0], [0.5, 0, 2]], ["a", "b", "c"]).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["0.5", "1", "2", "4", "5"]
    assert len(axes.collections[0].get_paths()) == 5


def test_a_confusion_matrix_of_many_classes_is_one_image() -> None:
    axes = figures.confusion_matrix(np.eye(100), [str(i) for i in range(100)]).axes[0]
    assert len(axes.images) == 1
    assert not axes.texts


def test_reliability_leaves_out_bins_without_rows(contestants) -> None:
    curve = {"confidence": [None, 0.6, 0.9], "accuracy": [None, 0.5, 1.0], "count": [0, 4, 6], "calibration_error": 0.1}
    entry = {"name": "a", "reliability": {"test": curve}}
    axes = figures.reliability([entry, {"name": "b", "reliability": {"test": None}}, {"name": "c"}], "test").axes[0]
    assert np.asarray(axes.collections[0].get_offsets()).tolist() == [[0.6, 0.5], [0.9, 1.0]]
    assert axes.get_title(loc="left") == "a\ncalibration error 0.100"


def test_the_histogram_draws_each_count_of_each_part() -> None:
    axes = figures.class_histogram(["a", "b"], {"train": [30, 20], "validation": None, "test": [3, 2]}).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [30, 20, 3, 2]


def test_times_adds_compilation_to_the_fit(contestants) -> None:
    axes = figures.times(contestants).axes[0]
    clock = contestants[0]["seconds"]
    drawn = [line.get_xdata()[0] for line in axes.lines]
    assert clock["fit"] + clock["compile"] in drawn
    assert clock["predict_one_ms"] / 1000 in drawn


def test_harm_draws_the_random_and_the_grouped_score_with_intervals_and_the_contestants_below_a_line() -> None:
    probe = {
        "words": "1-nearest-neighbour",
        "random": {"mean": 0.99},
        "grouped": {"mean": 0.7, "low": 0.6, "high": 0.8},
    }
    parts = {"validation": {"accuracy": {"mean": 0.6}}, "test": {"accuracy": {"mean": 0.65}}}
    figure = figures.harm([probe], [{"name": "svc", **parts}, {"name": "failed"}])
    axes = figure.axes[0]
    drawn = [tuple(line.get_xdata()) for line in axes.lines]
    assert {(0.99,), (0.7,), (0.6, 0.8), (0.6,), (0.65,)} <= set(drawn)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1-nearest-neighbour", "svc"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["split at random", "groups kept together", "test rows"]
    assert [line.get_ydata()[0] for line in axes.lines if len(line.get_xdata()) == 2][-1] == 0.5  # the line between


def test_validation_against_test_is_square_with_its_diagonal_and_leaves_out_who_lacks_a_score(contestants) -> None:
    axes = figures.validation_against_test(contestants).axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    diagonal = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert len(diagonal) == 1
    assert list(diagonal[0].get_xdata()) == list(diagonal[0].get_ydata())
    dots = {(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "o"}
    scored = [entry for entry in contestants if entry["test"]]
    assert dots == {(entry["validation"]["f1_macro"]["mean"], entry["test"]["f1_macro"]["mean"]) for entry in scored}
    assert {text.get_text() for text in axes.texts} == {"dense", "svc", "forest"}


@pytest.mark.parametrize("means", [[0.9] * 8, [0.99, 0.99, 0.99, 0.1], [0.1, 0.11, 0.5, 0.5, 0.51, 1.0]])
def test_names_beside_the_square_never_lie_on_each_other(means: list[float]) -> None:
    entries = [
        {"name": f"svc {i}", "validation": {"f1_macro": {"mean": 0.8}}, "test": {"f1_macro": {"mean": mean}}}
        for i, mean in enumerate(means)
    ]
    figure = figures.validation_against_test(entries)
    figures.save_png(figure)  # lays it out
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]  # without the line that leads to its point
    ends = sorted((box.y0, box.y1) for box in boxes)
    assert all(above[0] - below[1] > -1 for below, above in pairwise(ends))  # pixels


def test_pictures_show_every_image_in_grey_or_in_colour() -> None:
    colour = np.stack([IMAGES] * 3, axis=-1)
    assert len(figures.sample_images(IMAGES, ["a"] * 12).axes[0].images) == 12
    assert len(figures.one_image_per_class(colour, ["a"] * 12).axes[0].images) == 12


def test_mistakes_say_what_was_said_and_what_is_true() -> None:
    words = texts(figures.mistakes(IMAGES[:2], ["cat", "dog"], ["dog", "owl"], [0.98, float("nan")]))
    assert words == ["said cat (98 %)", "true dog", "said dog", "true owl"]


@pytest.mark.parametrize(
    "name", [r"$\frac{1}{0}$", "_private", "😀 漢字", "<b>&amp;", "\x1b[31m", "\u202eabc", "", "a" * 999]
)
def test_a_name_is_drawn_as_text_whatever_it_holds(name: str) -> None:
    score = {"mean": 0.5, "low": 0.4, "high": 0.6, "values": [0.5]}
    entry = {"name": name, "test": {"f1_macro": score, "accuracy": score}}
    clock = {"seconds": {"fit": 1.0, "compile": 0, "predict": 0.1, "predict_one_ms": 1}}
    reliable = {"reliability": {"test": {"confidence": [0.5], "accuracy": [0.5], "count": [2], "calibration_error": 0}}}
    seen = [
        *texts(figures.leaderboard([entry])),
        *texts(figures.times([entry | clock])),
        *texts(figures.reliability([entry | reliable])),
        *texts(figures.confusion_matrix([[1, 1], [1, 1]], [name, "other"])),
        *texts(figures.class_histogram([name, "other"], {"train": [1, 2]})),
        *texts(figures.sample_images(IMAGES[:1], [name])),
        *texts(figures.mistakes(IMAGES[:1], [name], [name])),
        *texts(figures.label_candidates(IMAGES[:1], [name], [name])),
        *texts(figures.harm([{"words": name, "random": score, "grouped": score}], [entry])),
        *texts(figures.validation_against_test([entry | {"validation": entry["test"]}])),
    ]
    if name in {r"$\frac{1}{0}$", "_private", "😀 漢字", "<b>&amp;"}:
        assert sum(name in text for text in seen) >= 9  # a name of 13 characters is cut where there is room for 12
    assert not any("\x1b" in text or "\u202e" in text for text in seen)
    figures.save_png(figures.leaderboard([entry]))


def test_no_figure_goes_through_pyplot_and_no_setting_of_the_user_changes_one() -> None:
    before = figures.save_svg(figures.class_histogram(["a"], {"train": [1]}))
    with mpl.rc_context({"text.usetex": True, "font.size": 30, "svg.fonttype": "path", "text.parse_math": True}):
        changed = figures.save_svg(figures.class_histogram(["a"], {"train": [1]}))
        assert mpl.rcParams["font.size"] == 30
    assert changed == before
    assert plt.get_fignums() == []


def test_the_same_figure_gives_the_same_bytes_without_a_date(contestants) -> None:
    first, second = (figures.leaderboard(contestants) for _ in range(2))
    assert figures.save_svg(first) == figures.save_svg(second)
    assert figures.save_png(first) == figures.save_png(second)
    assert b"<dc:date>" not in figures.save_svg(first)


def test_a_figure_shows_itself_in_a_notebook(contestants) -> None:
    assert figures.leaderboard(contestants)._repr_png_().startswith(b"\x89PNG")


def test_an_audit_gets_its_pictures_as_files(run_folder: Path, tmp_path: Path) -> None:
    card = json.loads((run_folder / "results.json").read_text())["data"]
    with np.load(run_folder / "pictures.npz") as pictures:
        arrays = dict(pictures)
    usual = ["sample-images.png", "class-histogram.png", "one-image-per-class.png"]
    written = draw_data_pictures(tmp_path / "audit", card, arrays)
    assert [path.name for path in written[:3]] == usual
    assert [path.name for path in written[3:]] == [
        "group-of-copies.png",
        "harm-of-a-random-split.png",
        "label-candidates.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    assert (tmp_path / "audit" / "class-histogram.svg").is_file()
    few = {key: array for key, array in arrays.items() if key.startswith(("sample", "class"))}
    unprobed = card | {"probes": {"harm": None, "unlike": None, "labels": None}}
    assert [path.name for path in draw_data_pictures(tmp_path / "few", unprobed, few)] == usual


def test_an_audit_of_plain_rows_gets_the_histogram_alone(run_folder: Path, tmp_path: Path) -> None:
    card = json.loads((run_folder / "results.json").read_text())["data"] | {"probes": None}
    assert [path.name for path in draw_data_pictures(tmp_path, card, {})] == ["class-histogram.png"]
