"""Recipes: what is read, what is refused and how that is said."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.dense import DenseSettings
from bakeoff.errors import RecipeError
from bakeoff.recipe import Recipe, dump_recipe, load_recipe, parse_recipe, validate_recipe

MINIMAL = "name: first\ndata: {source: digits}\n"
RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
REFERENCE_SYSTEMS = {"sign-mnist", "mnist-small", "mnist-middle", "mnist-deep"}


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text)
    return caught.value.problems


def test_a_number_of_seeds_stands_for_the_seeds_from_zero_on() -> None:
    assert parse_recipe(MINIMAL + "protocol: {seeds: 3}").protocol.seeds == (0, 1, 2)
    assert parse_recipe(MINIMAL + "protocol: {seeds: [7, 42]}").protocol.seeds == (7, 42)


def test_a_variant_of_a_family_has_a_name_that_files_may_have() -> None:
    recipe = parse_recipe(MINIMAL + "contestants: ['dense:plain', {family: 'dense:plain', name: notebook}]")
    assert [(entry.name, entry.family) for entry in recipe.contestants or ()] == [
        ("dense-plain", "dense:plain"),
        ("notebook", "dense:plain"),
    ]


def test_a_family_alone_is_a_contestant_of_that_name() -> None:
    recipe = parse_recipe(MINIMAL + "contestants: [dense, {family: svc}, {name: wide, family: dense}]")
    assert [(entry.name, entry.family) for entry in recipe.contestants or ()] == [
        ("dense", "dense"),
        ("svc", "svc"),
        ("wide", "dense"),
    ]


def test_yaml_is_read_as_version_1_2_reads_it() -> None:
    recipe = parse_recipe(
        MINIMAL + "contestants: [{family: svc, settings: {a: no, b: 1e-3, c: on, d: 12:30, e: true}}]"
    )
    assert recipe.contestants is not None
    assert recipe.contestants[0].settings == {"a": "no", "b": 0.001, "c": "on", "d": "12:30", "e": True}


def test_null_is_kept_in_settings_where_it_is_a_value() -> None:
    recipe = parse_recipe(MINIMAL + "contestants: [{family: svc, settings: {pca: null, deep: {x: null}}}]")
    again = parse_recipe(dump_recipe(recipe))
    assert again.contestants is not None
    assert again.contestants[0].settings == {"pca": None, "deep": {"x": None}}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_project_survives_a_round_trip(path: Path) -> None:
    recipe = load_recipe(path)
    assert parse_recipe(dump_recipe(recipe)) == recipe
    assert parse_recipe(json.dumps(recipe.model_dump(mode="json", by_alias=True))) == recipe
    assert recipe.name == path.stem
    assert bool(recipe.claims) == (path.stem in REFERENCE_SYSTEMS)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_project_writes_its_networks_out_in_full(path: Path) -> None:
    for entry in load_recipe(path).contestants or ():
        if entry.family == "dense":
            assert set(entry.settings) == {field.name for field in fields(DenseSettings)}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), plain, max_size=4), st.text(max_size=20))
def test_any_settings_survive_a_round_trip(settings: dict[str, object], description: str) -> None:
    recipe = Recipe.model_validate(
        {
            "name": "x",
            "description": description,
            "data": {"source": "digits"},
            "contestants": [{"family": "svc", "settings": settings}],
        }
    )
    assert parse_recipe(dump_recipe(recipe)) == recipe


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: x\n" + MINIMAL, "nmae: unknown key; did you mean 'name'?"),
        ("name: x\ndata: {surce: digits}", "data.surce: unknown key; did you mean 'source'?"),
        ("name: x\ndata: {surce: digits}", "data.source: is required and missing"),
        (MINIMAL + "protocol: {validation: 2}", "must be a fraction between 0 and 1, 'test' or 'none'. Got 2"),
        (MINIMAL + "protocol: {seeds: 0}", "must be a number of seeds from 1 to 1000 or a list of seeds. Got 0"),
        (MINIMAL + "protocol: {seeds: [1, 1]}", "seeds must differ"),
        (MINIMAL + "protocol: {margin: .nan}", "protocol.margin"),
        (MINIMAL + "? [a]\n: 1", "a key must be a single word"),
        (MINIMAL + "schema: !!int x", "not YAML: invalid literal for int()"),
        (MINIMAL + "contestants: [svc, svc]", "svc comes twice"),
        (MINIMAL + "contestants: [svc, {name: SVC, family: svc}]", "upper and lower case"),
        (MINIMAL + "contestants: [{family: svc, sede: 3}]", "contestants.0.sede: unknown key; did you mean 'seeds'?"),
        (MINIMAL + "contestants: [{name: ../up, family: svc}]", "that can name a file. Got '../up'"),
        (MINIMAL + "contestants: [{name: con, family: svc}]", "that can name a file. Got 'con'"),
        (MINIMAL + "contestants: [svc]\nclaims: [{contestant: knn, metric: accuracy, published: 1}]", "knn"),
        (MINIMAL + "ignore: [D1]", "ignore.0"),
        ("schema: 2\n" + MINIMAL, "this recipe has schema 2; this release of Bakeoff reads up to 1"),
        ("schema: 0\n" + MINIMAL, "schema: must be at least 1. Got 0"),
        ("a: &x [1]\nb: *x", "line 2: aliases"),
        ("name: a\nname: b", "line 2: the key 'name' comes twice"),
        ("name: [", "not YAML"),
        ("[" * 5000, "nested too deeply"),
        ("- 1", "a recipe is a mapping"),
        ("", "a recipe is a mapping"),
        ("name: !!python/object/apply:os.system [ls]", "not YAML"),
        ("x" * (1 << 21), "at most"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, said: str) -> None:
    found = problems(text)
    assert any(said in line for line in found), found
    assert all("\n" not in line for line in found)


DATA_KEYS = "source, test, label, group, image_shape, rows, class_names, moved_copies"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: 3\ndata: {source: digits}", "name: must be text; a number needs quotes. Got 3"),
        ("name: x\ndata: digits", f"data: must be a mapping with the keys {DATA_KEYS}. Got 'digits'"),
        ("name: x\ndata: {source: ''}", "data.source: must not be empty. Got ''"),
        ("name: x\ndata: {source: x, rows: 3}", "data.rows: must be true or false. Got 3"),
        ("name: x\ndata: {source: x, rows: maybe}", "data.rows: must be true or false. Got 'maybe'"),
        ("name: x\ndata: {source: x, class_names: A}", "data.class_names: must be a list, as [a, b]. Got 'A'"),
        (MINIMAL + "protocol: {seeds: []}", "protocol.seeds: must have at least one entry. Got []"),
        (MINIMAL + "protocol: {seeds: [1.5]}", "protocol.seeds.0: must be a whole number. Got 1.5"),
        (MINIMAL + "protocol: {seeds: [a]}", "protocol.seeds.0: must be a whole number. Got 'a'"),
        (MINIMAL + "protocol: {seeds: [2147483648]}", "protocol.seeds.0: must be less than 2147483648. Got 2147483648"),
        (MINIMAL + "protocol: {n_folds: 2}", "protocol.n_folds: must be at least 3. Got 2"),
        (MINIMAL + "protocol: {n_folds: 51}", "protocol.n_folds: must be at most 50. Got 51"),
        (MINIMAL + "protocol: {confidence: 0.4}", "protocol.confidence: must be more than 0.5. Got 0.4"),
        (MINIMAL + "protocol: {confidence: high}", "protocol.confidence: must be a number. Got 'high'"),
        (MINIMAL + "protocol: {margin: .nan}", "protocol.margin: must be a number. Got '.nan'"),
        (
            MINIMAL + "protocol: {test: fold}",
            "protocol.test: must be 'auto', 'file', 'holdout' or 'folds'. Got 'fold'; did you mean 'folds'?",
        ),
        (MINIMAL + "contestants: svc", "contestants: must be a list, as [a, b]. Got 'svc'"),
        (
            MINIMAL + "contestants: [{family: svc, settings: 3}]",
            "contestants.0.settings: must be a mapping, as {key: value}. Got 3",
        ),
        (
            MINIMAL + "contestants: [{family: svc, settings: {1: 3}}]",
            "contestants.0.settings.1: a key must be text; put it in quotes",
        ),
        (
            MINIMAL + "claims: [{contestant: svc, metric: f1, published: high}]",
            "claims.0: published must be a figure such as 0.8235 or '82.35 %'. Got 'high'",
        ),
    ],
)
def test_a_wrong_value_is_said_in_our_words(text: str, said: str) -> None:
    assert problems(text) == (said,)


@given(
    st.dictionaries(
        st.sampled_from(["name", "data", "protocol", "contestants", "claims", "ignore", "schema", "description"]),
        plain | st.dictionaries(st.sampled_from(["seeds", "margin", "rows", "test", "source", "family"]), plain),
    )
)
def test_no_words_of_the_library_reach_the_user(document: dict[str, object]) -> None:
    try:
        validate_recipe(document)
    except RecipeError as error:
        said = "\n".join(error.problems).lower()
        assert not re.search(r"input should|should have|valid (tuple|dict|string|boolean|integer)|pydantic|parse", said)
        assert "not understood" not in said  # every kind of error that a recipe can have is in the table


def test_all_problems_are_said_at_once() -> None:
    assert len(problems("nmae: x\ndata: {surce: digits}\nprotocol: {seeds: 0, metric: x}")) == 6


def test_a_file_beside_the_recipe_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("label,a\n")
    (tmp_path / "r.yaml").write_text("name: r\ndata: {source: rows.csv, test: mnist}\n")
    data = load_recipe(tmp_path / "r.yaml").data
    assert data.source == str(tmp_path / "rows.csv")
    assert data.test == "mnist"


def test_a_recipe_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match=r"bytes\.yaml: a recipe is UTF-8 text"):
        load_recipe(tmp_path / "bytes.yaml")
    with pytest.raises(RecipeError, match=r"none\.yaml: cannot be read: No such file"):
        load_recipe(tmp_path / "none.yaml")
