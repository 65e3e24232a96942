"""Scores against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from bakeoff.compare import confusion, per_class, reliability, row_losses, scores, scores_from_confusion


@pytest.fixture
def letters() -> tuple[np.ndarray, np.ndarray]:
    """True and predicted labels like Sign Language MNIST's: 25 columns, label 9 never occurs and is never said."""
    rng = np.random.default_rng(0)
    classes = np.delete(np.arange(25), 9)
    y = rng.choice(classes, size=3000, p=rng.dirichlet(np.full(24, 8.0)))
    return y, np.where(rng.random(3000) < 0.8, y, rng.choice(classes, size=3000))


def test_scores_equal_scikit_learn_where_one_class_of_25_never_occurs(letters):
    y, said = letters
    ours = scores(y, said, n_classes=25)
    assert ours["accuracy"] == pytest.approx(metrics.accuracy_score(y, said), abs=1e-14)
    assert ours["f1_macro"] == pytest.approx(metrics.f1_score(y, said, average="macro"), abs=1e-14)
    assert ours["f1_weighted"] == pytest.approx(metrics.f1_score(y, said, average="weighted"), abs=1e-14)
    assert ours["log_loss"] is None


def test_a_prediction_of_a_class_without_rows_is_a_miss_and_adds_no_class_to_the_average(letters):
    y, said = letters
    said = np.where(np.arange(len(y)) % 50 == 0, 9, said)
    expected = metrics.f1_score(y, said, average="macro", labels=np.unique(y))
    assert scores(y, said, n_classes=25)["f1_macro"] == pytest.approx(expected, abs=1e-14)
    assert expected > metrics.f1_score(y, said, average="macro")


@pytest.mark.parametrize("outside", [-1, 25, 1000])
def test_predictions_outside_the_classes_are_wrong_for_every_class(letters, outside):
    y, said = letters
    unsaid = np.where(np.arange(len(y)) % 7 == 0, outside, said)
    ours = scores(y, unsaid, n_classes=25)
    labels = np.unique(y)
    assert ours["accuracy"] == pytest.approx(np.mean(unsaid == y), abs=1e-14)
    for average in ("macro", "weighted"):
        expected = metrics.f1_score(y, unsaid, average=average, labels=labels)
        assert ours[f"f1_{average}"] == pytest.approx(expected, abs=1e-14)


def test_the_confusion_matrix_equals_scikit_learn(letters):
    y, said = letters
    np.testing.assert_array_equal(confusion(y, said, 25), metrics.confusion_matrix(y, said, labels=range(25)))


def test_per_class_figures_equal_scikit_learn_and_are_zero_where_undefined(letters):
    y, said = letters
    ours = per_class(confusion(y, said, 25))
    theirs = metrics.precision_recall_fscore_support(y, said, labels=range(25), zero_division=0)
    for mine, reference in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, reference, atol=1e-14)
    assert [figure[9] for figure in ours] == [0, 0, 0, 0]


def test_scores_from_a_confusion_matrix_equal_scores_from_labels_when_the_support_is_given(letters):
    y, said = letters
    said = np.where(np.arange(len(y)) % 7 == 0, -1, said)
    found = scores_from_confusion(confusion(y, said, 25), np.bincount(y, minlength=25))
    expected = scores(y, said, n_classes=25)
    assert found == {name: expected[name] for name in found}


def test_log_loss_equals_scikit_learn_and_an_impossible_row_costs_a_bounded_amount():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(4), size=500)
    y = rng.integers(0, 4, 500)
    ours = scores(y, probabilities.argmax(axis=1), probabilities, 4)["log_loss"]
    assert ours == pytest.approx(metrics.log_loss(y, probabilities, labels=range(4)), rel=1e-12)
    worst = row_losses([0], np.array([[0.0, 1.0]], dtype=np.float32))[0]
    assert worst == pytest.approx(metrics.log_loss([0], np.array([[0, 1]], np.float32), labels=[0, 1]), rel=1e-6)


def test_no_rows_and_labels_outside_the_classes_are_refused():
    with pytest.raises(ValueError, match="no rows to score"):
        scores_from_confusion(np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"true labels must lie in 0\.\.2, got 0\.\.3"):
        confusion([0, 3], [0, 1], 3)
    with pytest.raises(ValueError, match="equal length"):
        confusion([0, 1], [0], 3)
    with pytest.raises(ValueError, match=r"true labels must lie in 0\.\.1, got -1\.\.0"):
        row_losses([-1, 0], [[0.5, 0.5], [0.5, 0.5]])


def test_reliability_of_probabilities_that_mean_what_they_say_has_little_error():
    rng = np.random.default_rng(2)
    right = rng.uniform(0.5, 1, 50_000)
    y = (rng.random(50_000) > right).astype(int)
    result = reliability(y, np.column_stack([right, 1 - right]), n_bins=10)
    assert result.count.sum() == 50_000
    # Five filled bins of 10,000 rows: the error of a share is at most 0.005, its mean absolute value less.
    assert result.calibration_error < 0.008
    np.testing.assert_allclose(result.confidence, [0.55, 0.65, 0.75, 0.85, 0.95], atol=0.005)


def test_reliability_by_hand():
    result = reliability([0, 0, 1], [[1.0, 0.0], [0.6, 0.4], [0.6, 0.4]], n_bins=5)
    assert result.confidence.tolist() == pytest.approx([0.6, 1.0])
    assert result.accuracy.tolist() == pytest.approx([0.5, 1.0])
    assert result.calibration_error == pytest.approx(2 / 3 * 0.1)
