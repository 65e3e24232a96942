"""Published figures in the report: first where there are any, with their sentence, and those that were added later."""

import json
from pathlib import Path

from bakeoff.report import view
from bakeoff.report._view import Points, Section, Table, Words
from bakeoff.testing._run_folder import ExampleRun, write_example_run

ADDED = {
    "contestant": "svc",
    "metric": "f1",
    "published": 0.84,
    "digits": 2,
    "on": "validation",
    "source": "table 2",
    "measured": 0.8254,
    "low": None,
    "high": None,
    "agrees": None,
    "explanation": "It is the weighted F1.",
    "like_for_like": {"metric": "f1_weighted", "measured": 0.8442},
}


def claims_of(folder: Path) -> Section:
    return next(section for section in view(folder).sections if section.name == "claims")


def test_claims_open_the_report_with_how_many_agree(tmp_path: Path) -> None:
    write_example_run(tmp_path, ExampleRun({"svc": "svc"}, n_classes=3))
    first = view(tmp_path).sections[0]
    assert first.name == "claims"
    assert first.blocks[0] == Words("Of 2 published figures 1 agrees with what was measured here and 1 does not.")


def test_claims_that_were_added_stand_below_those_of_the_recipe(tmp_path: Path) -> None:
    write_example_run(tmp_path, ExampleRun({"svc": "svc"}, n_classes=3))
    sentences = ["Of 3 published figures 1 agrees.", "0.8055 is the macro F1 of network."]
    content = {"schema": 1, "claims": [ADDED], "claim_sentences": sentences}
    (tmp_path / "claims.json").write_text(json.dumps(content))
    words, points, table, _rule = claims_of(tmp_path).blocks
    assert words == Words(sentences[0])
    assert points == Points((sentences[1],))
    assert isinstance(table, Table)
    assert [cell.text for cell in table.rows[2]] == [
        "svc",
        "validation F1, average not said (table 2)",
        "0.84",  # in the digits that were printed
        "0.8254",
        "–",
        "cannot be said",
        "It is the weighted F1.",
    ]


def test_a_run_without_claims_says_how_to_add_them_and_opens_with_something_else(tmp_path: Path) -> None:
    write_example_run(tmp_path, ExampleRun({"svc": "svc"}, n_classes=3, bare=True))
    assert view(tmp_path).sections[0].name != "claims"
    (words,) = claims_of(tmp_path).blocks
    assert isinstance(words, Words)
    assert 'bakeoff report RUN --claim "CONTESTANT accuracy 0.8417"' in words.text
