"""Trust: the answer, what was found, what was looked into, groups, harm, validation, labels, openings."""

import copy
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.audit._scores import parts_disagree
from bakeoff.compare import bonferroni
from bakeoff.report._build import view_of
from bakeoff.report._run import StoredRun
from bakeoff.report._view import (
    Block,
    Checks,
    Finding,
    Findings,
    Fold,
    Gallery,
    Points,
    Section,
    Table,
    Words,
)
from bakeoff.report.sections import Context
from bakeoff.report.sections._remedies import REMEDIES

ROOT = Path(__file__).parents[2]
WIDE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def made(results: dict[str, Any]) -> dict[str, Any]:
    """Results that a test may change."""
    return copy.deepcopy(results)


@pytest.fixture(scope="module")
def pictures(run_folder: Path) -> dict[str, np.ndarray]:
    with np.load(run_folder / "pictures.npz") as arrays:
        return dict(arrays)


def sections(results: Mapping[str, Any], pictures: Mapping[str, np.ndarray] | None = None) -> dict[str, Section]:
    run = StoredRun(Path(), results, pictures=pictures or {})
    return {section.name: section for section in view_of(Context(run)).sections}


def blocks_of(blocks: tuple[Block, ...], kind: type) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, kind):
            yield block
        elif isinstance(block, Fold):
            yield from blocks_of(block.blocks, kind)


def words(section: Section) -> str:
    said = [block.text for block in blocks_of(section.blocks, Words)]
    said += [item for block in blocks_of(section.blocks, Points) for item in block.items]
    return " ".join(said).replace(WIDE, " ")


def rows(section: Section) -> list[list[str]]:
    return [[cell.text for cell in row] for table in blocks_of(section.blocks, Table) for row in table.rows]


def check(results: Mapping[str, Any], name: str) -> tuple[str, str] | None:
    """State and text of one line of what was looked into."""
    found = {each.name: each for block in blocks_of(sections(results)["trust"].blocks, Checks) for each in block.checks}
    return (found[name].state, found[name].text.replace(WIDE, " ")) if name in found else None


def score(mean: float, half: float = 0.01) -> dict[str, Any]:
    return {"mean": mean, "low": mean - half, "high": mean + half, "sd_seeds": None, "values": [mean] * 5}


def finding(code: str, severity: str = "warning", title: str = "Something is odd") -> dict[str, Any]:
    return {"code": code, "severity": severity, "title": title, "detail": "So it is.", "numbers": {}}


def set_scores(results: dict[str, Any], scores: Mapping[str, tuple[float, float]], half: float = 0.01) -> None:
    """Give each contestant a validation and a test score."""
    for entry in results["contestants"]:
        if entry["name"] in scores:
            validation, test = scores[entry["name"]]
            for metric in ("f1_macro", "log_loss"):
                entry["validation"][metric], entry["test"][metric] = score(validation, half), score(test, half)


def make_clean(results: dict[str, Any]) -> None:
    """Nothing found anywhere."""
    results["findings"] = []
    results["data"]["groups"] |= {"found": False, "n_rows_with_copies": 0, "n_test_copies": 0}
    results["data"]["probes"] |= {"harm": None, "labels": {"n_candidates": 0, "n_rows": 1150, "candidates": []}}
    results["openings"] = {"this_run": 1, "ever": 1, "sentences": [], "history": []}
    set_scores(results, {"dense": (0.95, 0.95), "svc": (0.96, 0.96), "forest": (0.9, 0.9)})


# The answer


@pytest.mark.parametrize(
    ("findings", "begins"),
    [
        ([finding("P001", "error", "The rows are the same"), finding("D008")], "Not as it stands: the rows are the sa"),
        ([finding("D008"), finding("D003", "note")], "With care: first read “Something is odd” (D008)."),
        ([finding("D003", "note")], "Yes, as far as checks can see"),
        ([], "Yes, as far as checks can see"),
    ],
)
def test_the_answer_follows_the_gravest_finding(made: dict[str, Any], findings: list, begins: str) -> None:
    make_clean(made)
    made["findings"] = findings
    assert sections(made)["trust"].blocks[0].text.startswith(begins)


def test_the_answer_owns_up_to_what_is_odd_and_to_what_nobody_looked_at(made: dict[str, Any]) -> None:
    make_clean(made)
    made["data"]["probes"]["labels"] = None
    assert "1 of 6 things was not looked into" in words(sections(made)["trust"])
    made["openings"]["ever"] = 9
    assert "1 thing below is worth a look" in words(sections(made)["trust"])


def test_without_any_score_there_is_nothing_to_trust(made: dict[str, Any]) -> None:
    made["contestants"] = [entry for entry in made["contestants"] if entry["test"] is None]
    assert sections(made)["trust"].blocks[0].text == "There is no score here that could be trusted or not."


# Findings


def test_findings_come_gravest_first_with_what_to_do_and_notes_are_folded_away(made: dict[str, Any]) -> None:
    made["findings"] = [finding("D003", "note", "A note"), finding("P008"), finding("D006", "error")]
    blocks = sections(made)["trust"].blocks
    shown, folded = blocks_of(blocks, Findings)
    assert [each.code for each in shown.findings] == ["D006", "P008"]
    assert [each.code for each in folded.findings] == ["D003"]
    assert shown.findings[0].remedy == REMEDIES["D006"][0] != ""
    assert next(blocks_of(blocks, Checks))
    assert [block.title for block in blocks if isinstance(block, Fold)] == ["1 note: A note"]


def test_a_finding_that_this_release_does_not_know_is_shown_without_advice(made: dict[str, Any]) -> None:
    made["findings"] = [finding("D999")]
    (shown,) = blocks_of(sections(made)["trust"].blocks, Findings)
    assert shown.findings[0] == Finding("D999", "warning", "Something is odd", "So it is.")


def test_every_code_of_a_check_has_advice_and_a_section_that_exists(made: dict[str, Any], pictures) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/bakeoff/audit").glob("*.py"))
    codes = {path.stem for path in (ROOT / "docs/checks").glob("[DPR]*.md")} - {"README"}
    codes |= set(re.findall(r'"([DPR]\d{3})"', source))
    assert codes <= set(REMEDIES)
    assert {section for _, section in REMEDIES.values()} <= set(sections(made, pictures))


# What was looked into


def test_a_finding_that_is_told_above_is_pointed_to_and_not_told_twice(made: dict[str, Any]) -> None:
    made["findings"] = [finding("D008"), finding("D012"), finding("P004"), finding("D010", "note")]
    assert check(made, "Near-copies") == ("look", "See D008, D012.")
    assert check(made, "Test labels") == ("look", "See P004.")
    assert check(made, "Labels")[1].startswith("A small network that had not learnt them doubts 12")


@pytest.mark.parametrize(
    ("code", "name"), [("D009", "Training and test alike"), ("D010", "Labels"), ("D012", "Near-copies")]
)
def test_what_was_silenced_is_still_worth_a_look(made: dict[str, Any], code: str, name: str) -> None:
    made["findings"] = []
    made["data"]["probes"]["unlike"]["accuracy"] = {"mean": 0.9, "low": 0.88, "high": 0.92}
    recipe = f"{{name: x, data: {{source: digits}}, contestants: [svc], ignore: [{code}]}}"
    run = StoredRun(Path(), made, recipe=recipe)
    trust = next(section for section in view_of(Context(run)).sections if section.name == "trust")
    found = {each.name: each.words for block in blocks_of(trust.blocks, Checks) for each in block.checks}
    assert found[name] == "look (silenced)"
    assert list(found.values()).count("look (silenced)") == 1
    assert "things below are worth a look" in words(trust)


GROUPS = {
    "none found": ({"found": False, "n_rows_with_copies": 0}, "fine", "None among 1,150 training rows"),
    "found": (
        {"found": True, "n_rows_with_copies": 240, "n_test_copies": 0},
        "fine",
        "every split keeps them together",
    ),
    "in test too": ({"found": True, "n_test_copies": 12}, "look", "12 test rows have one in training"),
    "too large": ({"found": False, "too_large": [400]}, "look", "400 rows look alike"),
    "a whole class": ({"found": False, "whole_class": [90]}, "look", "90 rows look alike and could not be kept"),
    "alike beyond telling": (
        {"found": False, "n_rows_with_copies": 0, "not_searched": 512, "not_searched_words": "512 of 1,150 resemble."},
        "look",
        "None among 1,150 training rows, searched from a correlation of 0.98. 512 of 1,150 resemble.",
    ),
    "not looked for": (
        {"found": None, "n_rows_with_copies": None},
        "unchecked",
        "not looked for. Exact copies were: 0",
    ),
}


@pytest.mark.parametrize("case", GROUPS)
def test_near_copies_are_found_or_not_or_were_not_looked_for(made: dict[str, Any], case: str) -> None:
    changes, state, text = GROUPS[case]
    made["findings"] = []
    made["data"]["groups"] |= changes
    assert check(made, "Near-copies")[0] == state
    assert text in check(made, "Near-copies")[1]


@pytest.mark.parametrize(("leaking", "state"), [(0, "fine"), (3, "look")])
def test_declared_groups_on_both_sides_of_the_files_are_worth_a_look(made: dict[str, Any], leaking, state) -> None:
    made["findings"] = []
    made["data"]["groups"] |= {"declared": True, "found": False, "n_groups": 40, "leaking": leaking, "n_test_copies": 9}
    found = check(made, "Groups")
    assert found[0] == state
    assert ("3 groups have training and test rows" in found[1]) == bool(leaking)


def test_the_harm_is_named_where_near_copies_are(made: dict[str, Any]) -> None:
    made["findings"] = []
    expected = "Split at random, 1-nearest-neighbour would get 99.8 % right, with groups kept together 71.2 %."
    assert expected in check(made, "Near-copies")[1]


def test_training_and_test_rows_are_alike_or_not_or_nobody_asked(made: dict[str, Any]) -> None:
    name, unlike = "Training and test alike", made["data"]["probes"]["unlike"]
    expected = "a classifier is right 50.3 % of the time (47.2 to 53.4 %), where guessing gives 50 %: they are alike."
    assert check(made, name) == ("fine", f"Asked whether a row is of the training or of the test rows, {expected}")
    unlike["accuracy"] = {"mean": 0.52, "low": 0.51, "high": 0.53}
    assert check(made, name)[0] == "fine"
    assert check(made, name)[1].endswith("not quite alike.")
    unlike["accuracy"] = {"mean": 0.9, "low": 0.88, "high": 0.92}
    assert check(made, name)[0] == "look"
    assert "need not hold on the other" in check(made, name)[1]
    unlike["accuracy"]["low"] = None
    assert check(made, name)[0] == "unchecked"
    made["data"]["probes"]["unlike"] = None
    assert check(made, name) == ("unchecked", "Training rows were not compared with test rows.")
    made["data"]["n_test"] = None
    assert check(made, name) is None


@pytest.mark.parametrize(
    ("now", "ever", "state", "text"),
    [
        (0, 0, "fine", "Sealed: they were never opened."),
        (1, 1, "fine", "Opened once, by this run."),
        (1, 3, "look", "Opened 3 times, once by this run."),
        (51, 51, "look", "Opened 51 times, all by this run."),
        (0, 2, "look", "Opened twice, never by this run."),
        (0, 1, "look", "Opened once, never by this run."),
    ],
)
def test_openings_are_counted_in_one_line(made: dict[str, Any], now: int, ever: int, state: str, text: str) -> None:
    made["openings"] = {"this_run": now, "ever": ever}
    assert check(made, "Test labels")[0] == state
    assert check(made, "Test labels")[1].startswith(text)


def test_rows_that_were_divided_anew_are_worth_a_look_though_opened_once(made: dict[str, Any]) -> None:
    made["openings"] = {"this_run": 1, "ever": 1, "sentences": ["Opened once.", "Test rows before."], "history": []}
    assert check(made, "Test labels")[0] == "look"


def test_few_seeds_are_named_and_those_without_a_seed_are_not(made: dict[str, Any]) -> None:
    assert check(made, "Seeds") == ("fine", "5 for each of 2 contestants that are random.")
    made["contestants"][0]["test"]["f1_macro"]["values"] = [0.9, 0.91]  # of five that were planned
    assert check(made, "Seeds") == ("look", "Fewer than 5: dense (2). Another seed may turn the result.")
    made["contestants"] = [entry for entry in made["contestants"] if entry["name"] == "svc"]
    assert check(made, "Seeds") == ("fine", "No contestant here depends on a seed.")


def test_labels_that_a_model_doubts_are_a_matter_of_course_without_evidence(made: dict[str, Any]) -> None:
    assert check(made, "Labels")[0] == "look"
    made["data"]["probes"]["labels"]["evidence"] = 1.0
    assert check(made, "Labels")[0] == "fine"
    assert "a model that errs doubts labels too" in check(made, "Labels")[1]


# Validation


def said_of_validation(results: dict[str, Any]) -> str:
    return sections(results)["validation"].blocks[0].text.replace(WIDE, " ")


def test_validation_that_says_more_than_the_test_rows_keep_promises_too_much(made: dict[str, Any]) -> None:
    set_scores(made, {"dense": (0.97, 0.81), "svc": (0.9, 0.895), "forest": (0.8, 0.8)})
    assert said_of_validation(made) == (
        "Validation promises too much here: for 1 of 3 contestants it differs from the test score by more than chance "
        "explains (the most for dense, +16.00 points)."
    )
    assert check(made, "Validation")[0] == "look"


def test_validation_that_says_less_promises_too_little_and_of_a_loss_it_is_the_other_way_round(made) -> None:
    set_scores(made, {"dense": (0.6, 0.8), "svc": (0.7, 0.8), "forest": (0.8, 0.8)})
    assert "promises too little here: for 2 of 3" in said_of_validation(made)
    made["protocol"]["primary_metric"] = "log_loss"
    assert "promises too much here: for 2 of 3 contestants" in said_of_validation(made)
    assert "the most for dense, −0.2000)" in said_of_validation(made)


def test_validation_within_chance_or_within_the_margin_tells_the_truth(made: dict[str, Any]) -> None:
    set_scores(made, {"dense": (0.95, 0.94), "svc": (0.9, 0.91), "forest": (0.8, 0.8)})
    assert said_of_validation(made).startswith("Validation tells the truth here, as far as these rows can show: ")
    assert check(made, "Validation")[0] == "fine"
    set_scores(made, {"dense": (0.95, 0.946), "svc": (0.9, 0.9), "forest": (0.8, 0.8)}, half=1e-4)
    assert said_of_validation(made) == (  # 0.4 points, surely
        "Validation tells the truth here to within the margin of 0.50 points, as far as these rows can show: the "
        "largest difference that chance does not explain, +0.40 points of dense, is not surely more."
    )


def test_of_a_loss_the_cost_is_positive_and_the_promise_lies_above_the_line(made: dict[str, Any]) -> None:
    made["protocol"]["primary_metric"] = "log_loss"
    set_scores(made, {"dense": (0.1, 0.3), "svc": (0.2, 0.2), "forest": (0.8, 0.8)})
    section = sections(made)["validation"]
    assert "take dense; on the test rows svc is first, by 0.1000." in words(section)
    assert "above it, validation promises more" in next(section.charts()).caption


def test_the_finding_and_the_section_agree_on_what_validation_misses(made: dict[str, Any]) -> None:
    lopsided = {"mean": 0.9, "low": 0.88, "high": 0.9001, "sd_seeds": None, "values": [0.9]}
    for metric, scored in itertools.product(("f1_macro", "log_loss"), (lopsided, score(0.9), score(0.875))):
        made["protocol"]["primary_metric"] = metric
        for entry in made["contestants"]:
            if entry["test"]:
                entry["validation"][metric], entry["test"][metric] = scored, score(0.87, 0.012)
        told = any(parts_disagree(made))
        assert (check(made, "Validation")[0] == "look") == told


def test_it_is_said_whom_validation_would_have_chosen_and_what_that_costs(made: dict[str, Any]) -> None:
    set_scores(made, {"dense": (0.97, 0.81), "svc": (0.9, 0.83), "forest": (0.8, 0.7)})
    assert "take dense; on the test rows svc is first, by 2.00 points" in words(sections(made)["validation"])
    set_scores(made, {"dense": (0.97, 0.91)})
    assert "take dense, which is also first on the test rows" in words(sections(made)["validation"])


def test_the_table_has_both_scores_their_difference_and_the_score_without_copies(made: dict[str, Any]) -> None:
    set_scores(made, {"svc": (0.9, 0.8)})
    svc = next(entry for entry in made["contestants"] if entry["name"] == "svc")
    svc["test_without_copies"] = {"f1_macro": score(0.79)}
    width = 100 * np.hypot(0.01, 0.01) * bonferroni(0.95, 3)
    expected = ["svc", "0.9000", "0.8000", f"+10.00 (+{10 - width:.2f} to +{10 + width:.2f})", "0.7900"]
    assert expected in rows(sections(made)["validation"])


def test_the_test_rows_with_a_copy_in_training_are_counted_with_what_they_do(made: dict[str, Any]) -> None:
    text = words(sections(made)["validation"])
    changes = {
        entry["name"]: entry["test_without_copies"]["f1_macro"]["mean"] - entry["test"]["f1_macro"]["mean"]
        for entry in made["contestants"]
        if entry["test"]
    }
    most = max(changes, key=lambda name: abs(changes[name]))
    assert "12 of 360 test rows (3.3 %) have a near-copy in training. " + f"Without them {most} has" in text
    made["data"]["groups"]["n_test_copies"] = 0
    assert "No test row has a near-copy in training." in words(sections(made)["validation"])


def test_unlike_parts_are_offered_as_a_reason_where_validation_misses(made: dict[str, Any]) -> None:
    made["data"]["probes"]["unlike"]["accuracy"] = {"mean": 0.9, "low": 0.88, "high": 0.92}
    set_scores(made, {"dense": (0.97, 0.81), "svc": (0.9, 0.9), "forest": (0.8, 0.8)})
    assert "not of one kind" in words(sections(made)["validation"])
    set_scores(made, {"dense": (0.81, 0.81)})
    assert "not of one kind" not in words(sections(made)["validation"])


def test_whoever_guesses_is_no_witness_for_validation(made: dict[str, Any]) -> None:
    next(entry for entry in made["contestants"] if entry["name"] == "forest")["family"] = "dummy"
    assert {row[0] for row in rows(sections(made)["validation"])} == {"dense", "svc"}


@pytest.mark.parametrize("protocol", [{"validation": "test"}, {"test": "folds"}])
def test_parts_of_the_same_rows_are_not_held_against_each_other(made: dict[str, Any], protocol: dict) -> None:
    made["protocol"] |= protocol
    assert "validation" not in sections(made)


# Near-copies


def test_one_photograph_and_its_copies_are_shown_with_their_correlation(made: dict[str, Any], pictures) -> None:
    (gallery,) = blocks_of(sections(made, pictures)["copies"].blocks, Gallery)
    lines = [[line.text for line in picture.lines] for picture in gallery.pictures]
    assert lines[0] == ["one photograph", "row 0"]
    assert lines[3] == [f"{pictures['group_similarity'][3]:.3f}", "row 51"]
    assert gallery.pictures[3].description == f"A near-copy of it, row 51, correlation {lines[3][0]}"


@pytest.mark.parametrize("key", ["group_images", "group_similarity"])
def test_pictures_that_do_not_fit_together_are_left_out(made: dict[str, Any], pictures, key: str) -> None:
    broken = pictures | {key: pictures[key][:3]} if key != "group_images" else pictures | {key: np.zeros((8, 4))}
    assert not list(blocks_of(sections(made, broken)["copies"].blocks, Gallery))


def test_distorted_images_stand_in_lines_behind_the_image_that_they_come_from(made: dict[str, Any], pictures) -> None:
    (gallery,) = blocks_of(sections(made, pictures)["networks"].blocks, Gallery)
    assert (len(gallery.pictures), gallery.columns) == (16, 4)
    assert [picture.lines[0].text for picture in gallery.pictures[:5]] == ["as it is", "", "", "", "as it is"]
    assert gallery.pictures[6].description == "Image 2 distorted, 2"
    broken = pictures | {"distorted_dense_images": pictures["distorted_dense_images"][:, 0]}
    assert not list(blocks_of(sections(made, broken)["networks"].blocks, Gallery))


def test_the_harm_is_said_with_both_figures_in_plain_words(made: dict[str, Any]) -> None:
    text = words(sections(made)["copies"])
    assert "Split at random, 1-nearest-neighbour gets 99.8 % of the rows held back right." in text
    assert "Split so that groups stay together, it gets 71.2 % (69.2 to 73.2 %)." in text
    assert "The 28.6 points in between are rows known by heart" in text
    assert "For a small network it is 97.1 % against 65.3 % (63.3 to 67.3 %)." in text


def test_where_groups_do_no_harm_it_is_said_so(made: dict[str, Any]) -> None:
    for probe in made["data"]["probes"]["harm"]["contestants"]:
        probe["grouped"] = {"mean": probe["random"]["mean"] - 0.01, "low": None, "high": None}
    assert "so far these rows show no harm" in words(sections(made)["copies"])


def test_groups_of_two_classes_and_groups_that_are_too_large_are_told(made: dict[str, Any]) -> None:
    made["data"]["groups"] |= {"n_mixed": 2, "too_large": [900, 400], "whole_class": [31]}
    text = words(sections(made)["copies"])
    assert "2 groups hold rows of more than one class" in text
    assert "a group of 900 and of 400 rows" in text
    assert "A group of 31 rows is all that there is of a class" in text


def test_declared_groups_have_their_harm_but_no_photograph(made: dict[str, Any], pictures) -> None:
    made["data"]["groups"] |= {"declared": True, "found": False, "n_groups": 40, "median_size": 20.0, "largest": 31}
    section = sections(made, pictures)["copies"]
    assert "40 declared groups, the largest of 31 rows, half of the groups of 20 or fewer" in words(section)
    assert not list(blocks_of(section.blocks, Gallery))
    assert [chart.name for chart in section.charts()] == ["harm-of-a-random-split"]


# Labels


def test_labels_to_look_at_are_pictures_and_never_called_wrong(made: dict[str, Any], pictures) -> None:
    section = sections(made, pictures)["labels"]
    (gallery,) = blocks_of(section.blocks, Gallery)
    names = made["data"]["class_names"]
    given, suggested, sure = (pictures[f"label_{key}"][0] for key in ("given", "suggested", "confidence"))
    lines = [line.text.replace(WIDE, " ") for line in gallery.pictures[0].lines]
    assert lines[:2] == [f"given {names[given]}", f"the others say {names[suggested]} ({100 * sure:.0f} %)"]
    assert "wrong" not in words(section)


def test_plain_rows_have_their_labels_to_look_at_in_a_table(made: dict[str, Any]) -> None:
    first = made["data"]["probes"]["labels"]["candidates"][0]
    names = made["data"]["class_names"]
    line = rows(sections(made)["labels"])[0]
    assert line[:3] == [f"{first['row']:,}", names[first["label"]], names[first["suggested"]]]


def test_a_label_that_is_missing_is_a_dash(made: dict[str, Any]) -> None:
    made["data"]["probes"]["labels"]["candidates"][0] |= {"label": None, "suggested": None}
    assert rows(sections(made)["labels"])[0][1:3] == ["–", "–"]


def test_labels_without_evidence_are_folded_away(made: dict[str, Any], pictures) -> None:
    made["data"]["probes"]["labels"]["evidence"] = 1.0
    assert isinstance(sections(made, pictures)["labels"].blocks[-1], Fold)


# Openings, and what would settle it


def test_the_record_of_openings_has_the_latest_on_top_and_an_end(made: dict[str, Any]) -> None:
    history = made["openings"]["history"]
    lines = rows(sections(made)["openings"])
    assert lines[0] == ["2026-11-22 17:00", history[2]["run"], "scores of dense, svc, forest", "1", "360"]
    made["openings"]["history"] = history * 20
    section = sections(made)["openings"]
    assert len(rows(section)) == 20
    assert "40 earlier ones" in next(blocks_of(section.blocks, Table)).caption


def test_openings_of_earlier_releases_are_told_from_their_numbers(made: dict[str, Any]) -> None:
    made["openings"] = {"this_run": 2, "ever": 5}
    text = words(sections(made)["openings"])
    assert "This run opened the test labels twice" in text
    assert "opened 5 times so far" in text


@pytest.mark.parametrize(
    ("pair", "sentence", "cell"),
    [
        ({"groups_needed": 2873}, "To settle it would take about 2,900 groups of rows; there are 360.", "about 2,900"),
        ({"groups_needed": 30, "reason": "Too few.", "low": None, "high": None, "n_groups": 12},
         "For an interval it takes at least 30 groups of rows; there are 12. Too few.", "at least 30"),
        ({"groups_needed": None}, "No reasonable number of further groups of rows would settle it.", "–"),
        ({"groups_needed": None, "estimand": "this procedure"}, "would settle it; more seeds may.", "–"),
    ],
)  # fmt: skip
def test_what_is_undecided_says_what_would_settle_it(made, pair: dict, sentence: str, cell: str) -> None:
    first = made["comparisons"][0]
    first |= {"decision": "undecided", "n_groups": 360, "low": -0.01, "high": 0.02} | pair
    section = sections(made)["comparisons"]
    assert sentence in words(section)
    table = next(blocks_of(section.blocks, Table))
    position = [column.title for column in table.columns].index("groups to settle it")
    assert table.rows[0][position].text == cell


def test_without_groups_it_is_rows_that_would_settle_it(made: dict[str, Any]) -> None:
    made["data"]["groups"]["found"] = False
    assert "would take about 2,900 rows; there are 360." in words(sections(made)["comparisons"])
