"""report.html is one safe file whose sections, order and numbers are those of the run."""

import json
import re
import shutil
import time
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.errors import StoreError
from bakeoff.report import figures, view, write_html
from bakeoff.report._view import Block, Fold, Section, Table
from bakeoff.testing._run_folder import ExampleRun, write_example_run

LINE_UP = {"dense": "dense", "svc": "svc", "forest": "forest"}
ORDER = [
    "claims", "trust", "leaderboard", "comparisons", "losses", "validation", "copies", "data", "labels", "history",
    "classes", "confusion", "calibration", "mistakes", "networks", "failures", "openings", "environment", "protocol",
]  # fmt: skip
VOID = {"meta", "img", "link", "br", "hr", "input"}


def order(has_claims: bool = True, without: Iterable[str] = ()) -> list[str]:
    names = [name for name in ORDER if name not in without]
    if not has_claims:  # where there are none, a word on how to add them stands further down
        names.remove("claims")
        names.insert(names.index("failures"), "claims")
    return names


class Page(HTMLParser):
    """What tests ask of a page: elements with attributes, text by section, cells by row."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.stack: list[str] = []
        self.sections: dict[str, str] = {}
        self.section = "head"
        self.rows: list[list[str]] = []
        self.unbalanced: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "section":
            self.section = attributes["id"]
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.sections[self.section] = self.sections.get(self.section, "") + data
        if self.rows and {"td", "th"} & set(self.stack):
            self.rows[-1][-1] += data

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def source(run_folder: Path) -> str:
    return (run_folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def assert_safe(page: Page, source: str) -> None:
    assert not page.unbalanced
    assert not page.stack
    assert not page.all("script", "link", "iframe", "object", "base", "form")
    for tag, attributes in page.elements:
        for key, value in attributes.items():
            assert not key.startswith("on"), (tag, key)
            if key in {"src", "href", "xlink:href", "data", "action", "srcset", "poster"}:
                assert value.startswith(("#", "data:image/png;base64,")), (tag, key, value[:80])
    styles = re.sub(r"(?s)<(text|pre|p|bdi|code|title|figcaption|td|th)\b.*?</\1>", "", source)
    assert "@import" not in source
    assert not re.search(r"url\((?!#)", styles)


def test_the_page_has_no_outside_reference_and_no_script(page: Page, source: str) -> None:
    assert_safe(page, source)
    assert "http" not in re.sub(r'http-equiv="', "", source)


def test_the_verdict_comes_first_and_the_sections_follow_in_order(page: Page, source: str) -> None:
    assert [attributes["id"] for attributes in page.all("section")] == ORDER
    assert source.index('id="verdict"') < source.index('<section id="trust"')
    contents = page.all("a")[1 : len(ORDER) + 2]
    assert [link["href"] for link in contents] == ["#verdict", *(f"#{name}" for name in ORDER)]


def test_every_link_leads_to_a_place_in_the_page(page: Page) -> None:
    identifiers = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= identifiers


def test_the_whole_verdict_is_there(page: Page, results: dict[str, Any]) -> None:
    for sentence in results["verdict"].split(". "):
        assert sentence.rstrip(".") in page.sections["head"]


def test_the_scores_of_the_leaderboard_are_those_of_the_run_and_sorted(page: Page, results: dict[str, Any]) -> None:
    start = next(i for i, row in enumerate(page.rows) if row[:2] == ["Contestant", "macro F1"])
    rows = page.rows[start + 1 : start + 5]
    expected = {}
    for entry in results["contestants"]:
        if entry["test"] is None:
            continue
        test, metrics = entry["test"], ("accuracy", "f1_weighted", "log_loss")
        main = test["f1_macro"]
        spread = "–" if main["sd_seeds"] is None else f"± {main['sd_seeds']:.4f}"
        others = [f"{test[m]['mean']:.4f}" if test[m] else "–" for m in metrics]
        validation = f"{entry['validation']['f1_macro']['mean']:.4f}"
        interval = f"{main['low']:.4f} to {main['high']:.4f}"
        expected[entry["name"]] = [f"{main['mean']:.4f}", interval, spread, *others, validation]
    assert {name: cells for name, *cells in rows[:3]} == expected
    assert [float(row[1]) for row in rows[:3]] == sorted((float(row[1]) for row in rows[:3]), reverse=True)
    assert rows[3][:2] == ["boosting", "timed out"]


def test_the_table_by_class_is_that_of_the_run(page: Page, results: dict[str, Any]) -> None:
    names = results["data"]["class_names"]
    for entry in results["contestants"][:3]:
        for line in entry["per_class"]["test"]:
            cells = [
                names[line["class"]],
                *(f"{line[k]:.4f}" for k in ("precision", "recall", "f1")),
                str(line["support"]),
            ]
            assert cells in page.rows


def test_claims_say_published_measured_and_whether_they_agree(page: Page, results: dict[str, Any]) -> None:
    for claim in results["claims"]:
        answer = "yes" if claim["agrees"] else "no"
        cells = [claim["contestant"], "accuracy", f"{claim['published']:.4f}", f"{claim['measured']:.4f}"]
        row = next(row for row in page.rows if row[:4] == cells)
        assert row[5:] == [answer, claim["explanation"]]


def test_comparisons_are_said_in_words_with_difference_interval_and_decision(page: Page, results) -> None:
    pair = next(pair for pair in results["comparisons"] if pair["decision"] == "better" and pair["a"] == "svc")
    sentence = (
        f"svc is better than {pair['b']}. The difference is {100 * pair['difference']:+.2f} points in macro F1 on test "
        f"rows (95\N{NO-BREAK SPACE}% interval {100 * pair['low']:+.2f} to {100 * pair['high']:+.2f}), for these fits."
    )
    assert sentence in page.sections["comparisons"]
    undecided = next(pair for pair in results["comparisons"] if pair["decision"] == "undecided")
    assert "undecided" in page.sections["comparisons"]
    assert f"about {undecided['groups_needed']:,} groups" in page.sections["comparisons"]


def test_findings_keep_their_codes_and_words(page: Page, results: dict[str, Any]) -> None:
    for finding in results["findings"]:
        for key in ("code", "severity", "title", "detail"):
            assert finding[key] in page.sections["trust"]


def test_the_report_says_where_the_networks_lose_and_what_convolution_would_do(page: Page) -> None:
    text = page.sections["losses"]
    assert "dense (" in text
    assert "is behind svc" in text
    assert "convolutional networks usually win" in text


def test_the_summary_adds_up_and_failures_give_their_reason(page: Page) -> None:
    assert ["Total", "", "25,818"] in page.rows
    assert ["boosting", "seed 0, validation", "timed out", "ran past its time limit of 600 s"] in page.rows


def test_openings_command_and_environment_are_shown(page: Page, results: dict[str, Any]) -> None:
    assert all(sentence in page.sections["openings"] for sentence in results["openings"]["sentences"])
    assert results["command"] in page.sections["environment"]
    assert ["versions: jax", "0.10.1"] in page.rows
    assert results["protocol"]["sentences"][0] in page.sections["protocol"]


def test_the_page_can_be_read_without_seeing_it(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(image["alt"] for image in page.all("img"))
    drawings = page.all("svg")
    assert drawings
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in drawings)
    assert all(head.get("scope") in {"row", "col"} for head in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert page.all("html")[0]["lang"] == "en"


def test_figures_take_the_colours_of_the_page_and_their_references_resolve(page: Page, source: str) -> None:
    drawings = re.findall(r"(?s)<svg.*?</svg>", source)
    fixed = {colour for drawing in drawings for colour in re.findall(r"#[0-9a-f]{6}\b", drawing)}
    assert fixed == set()
    assert all("var(--ink)" in drawing for drawing in drawings)
    identifiers = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    for drawing in drawings:
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', drawing)) <= identifiers


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG 2.1."""

    def light(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([light(one), light(other)])
    return (high + 0.05) / (low + 0.05)


def test_text_has_the_contrast_that_is_asked_for_in_light_and_in_dark(source: str) -> None:
    schemes = re.findall(r":root \{[^}]*--ink:[^}]*\}", source)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", scheme))
        for text in ("ink", "muted", "blue", "orange", "green", "red"):
            for ground in ("paper", "ground"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)  # WCAG AA for body text


def test_every_figure_is_also_a_file_as_svg_and_png(run_folder: Path) -> None:
    names = [chart.name for chart in view(run_folder).charts()]
    assert len(names) == len(set(names))
    found = {path.name for path in (run_folder / "figures").iterdir()}
    assert found == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}


def test_the_same_run_gives_the_same_page(run_folder: Path, source: str) -> None:
    assert write_html(run_folder).read_text(encoding="utf-8") == source


def test_hostile_names_are_shown_and_do_nothing(hostile_folder: Path) -> None:
    source = (hostile_folder / "report.html").read_text(encoding="utf-8")
    page = Page(source)
    assert_safe(page, source)
    assert "<img src=x" not in source
    assert "\x1b" not in source
    assert "\u202e" not in source
    assert "<img src=x onerror=alert(1)>" in page.sections["leaderboard"]
    assert r"\x1b[31mred" in page.sections["classes"]
    assert r"$\frac{1}{0}$" in page.sections["classes"]
    assert "{{ 7 * 7 }}" in page.sections["classes"]
    assert "😀 あ 漢字" in page.sections["classes"]
    assert "(no name)" in page.sections["classes"]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", path.name) for path in (hostile_folder / "figures").iterdir())


SCARCE = {  # what a run has, and the sections that it leaves out
    "sealed test": ({"test": "sealed"}, ("validation",)),
    "no test": ({"test": "none"}, ("validation",)),
    "plain rows": ({"kind": "rows"}, ()),
    "no histories": ({"epochs": 0}, ()),
    "one seed": ({"n_seeds": 1}, ()),
    "one contestant": ({"contestants": {"svc": "svc"}}, ()),
    "all failed": ({"contestants": {}, "failed": ("dense", "svc")}, ("validation",)),
    "nobody": ({"contestants": {}, "failed": ()}, ("validation",)),
    "an earlier release": ({"probed": False}, ("copies", "labels")),
    "bare": ({"bare": True, "kind": "rows", "test": "none"}, ("validation", "copies", "labels")),
    "two classes": ({"n_classes": 2}, ()),
}


@pytest.mark.parametrize("missing", SCARCE)
def test_a_run_that_lacks_something_still_has_every_other_section(missing: str, tmp_path: Path) -> None:
    usual = {"contestants": {"dense": "dense", "svc": "svc"}, "n_classes": 3, "n_seeds": 2, "epochs": 2}
    options, without = SCARCE[missing]
    run = ExampleRun(**(usual | options))
    source = write_html(write_example_run(tmp_path, run)).read_text(encoding="utf-8")
    page = Page(source)
    assert_safe(page, source)
    expected = order(missing not in {"all failed", "nobody", "bare"}, without)
    assert [attributes["id"] for attributes in page.all("section")] == expected
    assert all(len(page.sections[name].split()) > 3 for name in expected)
    assert not re.search(
        r"\bNone\b|\bnan\b|undefined",
        re.sub(r"\(None, \d+\)|None of the|None among", "", " ".join(page.sections.values())),
    )


def test_a_sealed_test_is_said_to_be_sealed(tmp_path: Path) -> None:
    page = Page(
        write_html(write_example_run(tmp_path, ExampleRun({"svc": "svc"}, n_classes=3, test="sealed"))).read_text()
    )
    assert "the test labels are sealed" in page.sections["leaderboard"]
    assert "never opened" in page.sections["openings"]


def test_results_that_hold_nothing_but_their_schema_make_a_page(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"schema": 1}')
    page = Page(write_html(tmp_path).read_text(encoding="utf-8"))
    expected = order(has_claims=False, without=("validation", "copies", "labels"))
    assert [attributes["id"] for attributes in page.all("section")] == expected


def section(folder: Path, name: str) -> Section:
    return next(section for section in view(folder).sections if section.name == name)


def table_rows(blocks: tuple[Block, ...]) -> list[list[str]]:
    rows = []
    for block in blocks:
        if isinstance(block, Table):
            rows += [[column.title for column in block.columns], *([cell.text for cell in row] for row in block.rows)]
        elif isinstance(block, Fold):
            rows += table_rows(block.blocks)
    return rows


def test_rows_in_folds_are_counted_once_and_fits_name_their_fold(run_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_folder, tmp_path / "run")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    results["protocol"]["test"] = "folds"
    for part in ("validation", "test"):
        results["data"][f"n_{part}"] = results["data"]["n_train"]
    results["contestants"][0]["history"][0]["division"] = 2
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    in_turn = ["Rows", "1,150, each of them in turn for training, validation and test"]
    assert in_turn in table_rows(section(folder, "data").blocks)
    assert "seed 0, fold 3" in [row[0] for row in table_rows(section(folder, "history").blocks)]


def test_a_comparison_without_an_interval_says_so_and_why(run_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_folder, tmp_path / "run")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    few = {"low": None, "high": None, "decision": "undecided", "groups_needed": None, "reason": "Too few groups."}
    results["comparisons"] = [pair | few for pair in results["comparisons"]]
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    sentences = section(folder, "comparisons").blocks[0].items
    assert all("(no interval), for these fits. Too few groups." in sentence for sentence in sentences)


def test_a_class_said_that_does_not_exist_is_named_as_such(run_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_folder, tmp_path / "run")
    with np.load(folder / "pictures.npz") as pictures:
        arrays = dict(pictures)
    arrays["mistakes_svc_said"][0] = 24  # an output unit without a class
    np.savez(folder / "pictures.npz", **arrays)
    gallery = section(folder, "mistakes").blocks[0].blocks[0]
    assert gallery.pictures[0].lines[0].text == "said unit 24, no class"
    figures.save_png(gallery.chart.draw())


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "holds results.json"), ("{", "is not JSON"), ("[]", "JSON object"), ('{"schema": 2}', "reads schema 1")],
)
def test_a_folder_that_is_no_run_is_refused_in_one_line(content: str | None, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(StoreError, match=words) as caught:
        write_html(tmp_path)
    assert "\n" not in str(caught.value)


def test_pictures_that_hold_objects_are_refused(run_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_folder, tmp_path / "run")
    np.savez(folder / "pictures.npz", sample_images=np.array([{}], dtype=object), sample_labels=np.zeros(1))
    with pytest.raises(StoreError, match="cannot be read as arrays"):
        write_html(folder)


def test_large_photographs_are_made_small_enough_for_a_page(run_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_folder, tmp_path / "run")
    noise = np.random.default_rng(0).integers(0, 256, (24, 200, 150, 3), dtype=np.uint8)
    with np.load(folder / "pictures.npz") as pictures:
        arrays = {key: noise[: len(value)] if key.endswith("images") else value for key, value in pictures.items()}
    np.savez(folder / "pictures.npz", **arrays)
    assert write_html(folder).stat().st_size < 3e6


def test_five_contestants_and_twenty_four_classes_take_seconds_and_little_space(tmp_path: Path) -> None:
    line_up = {name: name for name in ("dense", "svc", "forest", "knn", "logistic")}
    write_example_run(tmp_path, ExampleRun(line_up, n_classes=24))
    start = time.process_time()
    path = write_html(tmp_path)
    assert time.process_time() - start < 20  # 4 s on an idle machine; this only catches a change of order
    assert path.stat().st_size < 1.5e6


def test_log_loss_as_the_deciding_metric_ranks_the_lowest_first(run_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_folder, tmp_path / "run")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    results["protocol"]["primary_metric"] = "log_loss"
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    rows = table_rows(section(folder, "leaderboard").blocks)
    assert rows[0][:2] == ["Contestant", "log loss"]
    assert [row[0] for row in rows[1:3]] == ["dense", "forest"]
