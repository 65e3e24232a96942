"""Figures of what is to be looked at: a photograph with its copies, and labels."""

import numpy as np
import pytest

from bakeoff.report import figures
from bakeoff.report.figures import save_svg

IMAGES = np.random.default_rng(0).integers(0, 255, (5, 8, 8)).astype(np.uint8)


def texts(figure: figures.ReportFigure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_each_copy_has_its_correlation_with_the_photograph() -> None:
    figure = figures.group_of_copies(IMAGES, [1.0, 0.9991, 0.995, 0.981, np.nan])
    assert texts(figure) == ["photograph", "0.999", "0.995", "0.981", ""]
    assert len(figure.axes[0].images) == 5


def test_each_label_stands_above_what_a_model_says() -> None:
    figure = figures.label_candidates(IMAGES[:2], ["cat", "$dog$"], ["dog", "<b>cat"])
    assert texts(figure) == ["label cat", "a model: dog", "label $dog$", "a model: <b>cat"]
    assert b"&lt;b&gt;cat" in save_svg(figure)


@pytest.mark.parametrize("n_images", [0, 1])
def test_none_and_one_can_be_drawn(n_images: int) -> None:
    save_svg(figures.group_of_copies(IMAGES[:n_images], [1.0] * n_images))
    save_svg(figures.label_candidates(IMAGES[:n_images], ["a"] * n_images, ["b"] * n_images))
