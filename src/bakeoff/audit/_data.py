"""Checks of the data alone, from the data card."""

import math
from collections.abc import Callable, Iterator

from bakeoff.audit._copies import COPY_CHECKS
from bakeoff.audit._finding import Finding
from bakeoff.audit._reading import Card, probe_of
from bakeoff.compare import doubts_labels, tells_apart

__all__ = ["DATA_CHECKS"]

STRONGLY = 0.15
"""Above chance: what a classifier between training and test must surely reach for a warning."""


def missing_values(card: Card) -> Iterator[Finding]:
    """D001: some cells are empty."""
    missing = card["missing_values"]
    if missing:
        cells = card["n_features"] * card["n_rows"]
        yield Finding(
            "D001",
            "warning",
            "Missing values",
            f"{missing:,} of {cells:,} cells are empty ({missing / cells:.2%}). Each contestant fills them with the "
            "median of the column over its own training rows.",
            {"missing": missing, "cells": cells},
        )


def constant_features(card: Card) -> Iterator[Finding]:
    """D002: some columns or pixels never change in training."""
    constant, n_features = card["constant_features"], card["n_features"]
    if constant:
        what = "pixels" if card["kind"] == "images" else "columns"
        yield Finding(
            "D002",
            "note",
            f"Constant {what}",
            f"{constant:,} of {n_features:,} {what} have one value in all training rows. They carry nothing, and do "
            "no harm.",
            {"constant": constant, "n_features": n_features},
        )


def label_gap(card: Card) -> Iterator[Finding]:
    """D003: the whole-number labels leave a number out."""
    codes = card["label_codes"]
    if not codes:
        return
    absent = sorted(set(range(min(codes), max(codes))) - set(codes))
    if absent:
        listed = ", ".join(map(str, absent[:8])) + (", ..." if len(absent) > 8 else "")
        yield Finding(
            "D003",
            "note",
            "A label never occurs",
            f"The labels run from {min(codes)} to {max(codes)}, but {listed} never occurs. Only the "
            f"{len(codes)} labels that do are modelled.",
            {"absent": len(absent), "first_absent": absent[0]},
        )


def imbalance(card: Card) -> Iterator[Finding]:
    """D004: some classes have far fewer rows than others, beyond what chance explains.

    The rarest class is compared with the mean class. A ratio alone would misfire where a class has few rows, so the
    shortfall must also exceed four standard deviations of a multinomial count.
    """
    counts = card["class_counts"]["train"]
    mean = sum(counts) / len(counts)
    rarest = min(counts)
    deviation = math.sqrt(mean * (1 - 1 / len(counts)))
    if rarest < mean / 2 and mean - rarest > 4 * deviation:
        name = card["class_names"][counts.index(rarest)]
        yield Finding(
            "D004",
            "warning",
            "Classes are unbalanced",
            f"Class {name} has {rarest:,} training rows, the average class {mean:,.0f}, the largest {max(counts):,}. "
            "Accuracy can look good while rare classes fail; macro F1 counts every class alike.",
            {"rarest": rarest, "mean": mean, "largest": max(counts)},
        )


def exact_copies(card: Card) -> Iterator[Finding]:
    """D005: training rows that come more than once."""
    copies = card["exact_copies"]["train"]
    if copies:
        yield Finding(
            "D005",
            "warning",
            "Rows that come twice",
            f"{copies:,} of {card['n_train']:,} training rows are exact copies of an earlier one. A random split "
            "can put a row into training and its copy into validation.",
            {"copies": copies, "n_train": card["n_train"]},
        )


def copies_across(card: Card) -> Iterator[Finding]:
    """D006: test rows that are training rows too."""
    copies = card["exact_copies"]["test_in_train"]
    if copies:
        share = copies / card["n_test"]
        yield Finding(
            "D006",
            "error" if share > 0.01 else "warning",
            "Test rows that are training rows",
            f"{copies:,} of {card['n_test']:,} test rows ({share:.2%}) stand in the training rows too, so the test "
            "score is partly a score of memory.",
            {"copies": copies, "n_test": card["n_test"]},
        )


def pixel_range(card: Card) -> Iterator[Finding]:
    """D007: the pixels use a small part of the range that they could."""
    if card["kind"] != "images" or not card["pixel_max"]:
        return
    low, high = card["value_range"]
    if high - low < card["pixel_max"] / 2:
        yield Finding(
            "D007",
            "warning",
            "Pixels use a part of their range",
            f"Pixels run from {low:g} to {high:g} where 0 to {card['pixel_max']} is possible. Images that were scaled "
            "or thresholded before they were stored look like this.",
            {"low": low, "high": high, "possible": card["pixel_max"]},
        )


def unlike_parts(card: Card) -> Iterator[Finding]:
    """D009: a classifier tells test rows from training rows.

    See `bakeoff.compare.tells_apart` for from when on.
    """
    unlike = probe_of(card, "unlike")
    if unlike is not None and tells_apart(unlike):
        mean, low, high = (unlike["accuracy"][key] for key in ("mean", "low", "high"))
        yield Finding(
            "D009",
            "warning" if tells_apart(unlike, STRONGLY) else "note",
            "Training and test rows are not alike",
            f"A small network that was shown some rows of both tells which of the two a new row comes from, "
            f"{mean:.1%} of the time ({100 * low:.1f} to {100 * high:.1f}; guessing is right {unlike['chance']:.0%}). "
            "Scores on validation rows, which come from training, need not hold for test rows like these. Find out how "
            "the two were collected.",
            {"accuracy": mean, "low": low, "high": high, "n_rows": unlike["n_rows"]},
        )


def label_candidates(card: Card) -> Iterator[Finding]:
    """D010: there is evidence of wrong labels, and these are the rows to look at.

    See `bakeoff.compare.doubts_labels` for from when on.
    """
    labels = probe_of(card, "labels")
    if labels is None or not doubts_labels(labels):
        return
    yield Finding(
        "D010",
        "note",
        "Labels to look at",
        f"{labels['by'].capitalize()} that had not learnt these rows gets {labels['accuracy']:.1%} of them right and "
        f"doubts {labels['n_candidates']:,} of {labels['n_rows']:,} labels, more surely than its own mistakes explain: "
        f"as if about {labels['wrong_share']:.1%} of all labels were wrong. Which ones, only a person can say: look at "
        "them.",
        {
            "candidates": labels["n_candidates"],
            "n_rows": labels["n_rows"],
            "wrong_share": labels["wrong_share"],
            "evidence": labels["evidence"],
        },
    )


DATA_CHECKS: tuple[Callable[[Card], Iterator[Finding]], ...] = (
    missing_values,
    constant_features,
    label_gap,
    imbalance,
    exact_copies,
    copies_across,
    pixel_range,
    unlike_parts,
    label_candidates,
    *COPY_CHECKS,
)
