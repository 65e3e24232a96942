"""Published figures as text: what is understood, and the one line for what is not."""

from pathlib import Path

import pytest

from bakeoff.errors import RecipeError
from bakeoff.recipe import Claim, dump_recipe, load_claims, parse_claim, parse_recipe

CONTESTANTS = {"network": "dense", "svc": "svc", "knn-5": "knn"}
THOUSANDS = "must be clear: is its comma one of thousands? Write 1.234 %. Got '1,234'"
KNOWN = "known are accuracy, f1, macro f1, weighted f1, loss and error"


@pytest.mark.parametrize(
    ("text", "contestant", "metric", "published", "digits", "on"),
    [
        ("svc f1 0.8442", "svc", "f1", 0.8442, 4, "test"),
        ("SVC f1_weighted=0.8440", "svc", "f1_weighted", 0.844, 4, "test"),
        ("network: test accuracy 82.35 %", "network", "accuracy", 0.8235, 4, "test"),
        ("dense macro F1 .8055", "network", "f1_macro", 0.8055, 4, "test"),
        ("knn-5 Weighted-F1 0,8442", "knn-5", "f1_weighted", 0.8442, 4, "test"),
        ("svc error rate 2.7 %", "svc", "accuracy", 0.973, 3, "test"),
        ("svc 84 percent acc", "svc", "accuracy", 0.84, 2, "test"),
        ("network val_loss 0.0113", "network", "log_loss", 0.0113, 4, "validation"),
        ("network training accuracy 0.9957", "network", "accuracy", 0.9957, 4, "training"),
        ("svc F1 (macro) 0.80", "svc", "f1_macro", 0.8, 2, "test"),
        ("svc f1 macro avg 0.80", "svc", "f1_macro", 0.8, 2, "test"),  # as scikit-learn's report calls it
        ("svc weighted avg f1-score 84", "svc", "f1_weighted", 0.84, 2, "test"),
        ("svc accuracy 1.05 %", "svc", "accuracy", 0.0105, 4, "test"),
        ("svc accuracy 84,417 %", "svc", "accuracy", 0.84417, 5, "test"),
        ("svc accuracy 0,823", "svc", "accuracy", 0.823, 3, "test"),
        ("svc loss 1.05", "svc", "log_loss", 1.05, 2, "test"),
        ("svc micro f1 1.0", "svc", "accuracy", 1.0, 2, "test"),
        ("svc cross-entropy loss 2.3", "svc", "log_loss", 2.3, 1, "test"),
    ],
)
def test_a_claim_is_read_as_people_type_it(text, contestant, metric, published, digits, on) -> None:
    claim = parse_claim(text, CONTESTANTS)
    assert (claim.contestant, claim.metric, claim.on) == (contestant, metric, on)
    assert (claim.published, claim.digits) == (published, digits)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo f1 0.3", "claim 'foo f1 0.3': names none of the contestants (network, svc, knn-5)"),
        ("svc f1", "claim 'svc f1': must have one figure, such as 0.8442 or '82.35 %'; it has none"),
        ("svc f1 1 2", "claim 'svc f1 1 2': must have one figure, such as 0.8442 or '82.35 %'; it has 2"),
        ("svc 0.8", f"claim 'svc 0.8': names no metric; {KNOWN}"),
        ("svc auc 0.9", f"claim 'svc auc 0.9': metric: 'auc' is not known; {KNOWN}"),
        (
            "svc f1 -0.3",
            "claim 'svc f1 -0.3': published: must be a figure such as 0.8235 or '82.35 %'. Got '-0.3'",
        ),
        ("svc acc 1,234", "claim 'svc acc 1,234': published: " + THOUSANDS),
        (
            "svc acc 1.05",
            "claim 'svc acc 1.05': published: must be at most 1; if it is a percentage, write 1.05 %. Got '1.05'",
        ),
        ("svc f1 900", "claim 'svc f1 900': published: must be at most 1, or at most 100 %. Got '900'"),
    ],
)
def test_what_is_not_understood_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_claim(text, CONTESTANTS)
    assert caught.value.problems == (said,)


def test_a_recipe_takes_the_digits_from_the_figure_and_survives_a_round_trip() -> None:
    text = """
name: x
data: {source: digits}
contestants: [svc]
claims:
  - {contestant: svc, metric: accuracy, published: 82.30 %}
  - {contestant: svc, metric: f1, published: 0.82}
  - {contestant: svc, metric: f1_macro, published: "0.820"}
  - {contestant: svc, metric: accuracy, published: 0.97, digits: 4}
"""
    recipe = parse_recipe(text)
    assert [(claim.published, claim.digits) for claim in recipe.claims] == [
        (0.823, 4),
        (0.82, 2),
        (0.82, 3),
        (0.97, 4),
    ]
    assert parse_recipe(dump_recipe(recipe)) == recipe


def test_a_file_of_claims_is_read_with_either_separator(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text('contestant,metric,published,on,source\nsvc,f1,0.8442,,"table 2, left"\n\nknn-5,acc,84 %,val,\n')
    first, second = load_claims(path, CONTESTANTS)
    assert first == Claim(contestant="svc", metric="f1", published=0.8442, source="table 2, left")
    assert (second.contestant, second.published, second.on) == ("knn-5", 0.84, "validation")
    path.write_text("\ufeffPublished;Contestant;Metric\n0,84;dense;macro f1\n", encoding="utf-8")
    assert [claim.contestant for claim in load_claims(path, CONTESTANTS)] == ["network"]


def test_every_bad_row_of_a_file_is_said_at_once_in_a_line_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(
        "contestant,metric,published,on\nsvc,f1,0.8\nfoo,auc,9,sea\n\nsvc,acc,\nsvc,acc,0.8,test,x\nsvc,acc,high,test\n"
    )
    with pytest.raises(RecipeError) as caught:
        load_claims(path, CONTESTANTS)
    on = "on: must be test, validation or training. Got 'sea'"
    contestant = "contestant: must be one of network, svc, knn-5. Got 'foo'"
    assert caught.value.problems == (
        f"claims.csv: row 3: {contestant}; metric: 'auc' is not known; {KNOWN}; {on}",
        "claims.csv: row 5: published: is empty",
        "claims.csv: row 6: has 5 cells below 4 columns; put text with commas in quotes",
        "claims.csv: row 7: published: must be a figure such as 0.8235 or '82.35 %'. Got 'high'",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"contestant,metrik,published\nsvc,f1,0.8\n", "column 'metrik' is unknown; did you mean 'metric'?"),
        (
            b"contestant,published\nsvc,0.8\n",
            "must name the columns contestant, metric and published; metric is missing",
        ),
        (b"contestant,metric,published,metric\n", "column 'metric' comes twice"),
        (b"contestant,metric,published\n", "must have 1 to 1,000 rows below its head. Got 0"),
        (b"", "must name the columns"),
        (b"\xff\xfe\x00", "claims are UTF-8 text, this is not"),
    ],
)
def test_a_file_that_is_no_table_of_claims_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        load_claims(path, CONTESTANTS)
    assert said in caught.value.problems[0]
    with pytest.raises(RecipeError, match="cannot be read: No such file"):
        load_claims(tmp_path / "none.csv", CONTESTANTS)
