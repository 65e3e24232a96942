"""Text from data cannot act; numbers are written by one rule a kind."""

import doctest
import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.report import _format as form
from bakeoff.report._markdown import escaped
from bakeoff.report._text import shown


@pytest.mark.parametrize("module", ["_format", "_text", "_markdown", "figures"])
def test_the_examples_in_the_docstrings_run(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"bakeoff.report.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", "cat"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("a\nb\tc", "a b c"),
        ("\ud800", r"\ud800"),
        ("\x00", r"\x00"),
        ("\ufffe", r"\ufffe"),
        ("  ", "(no name)"),
        ("あ", "あ"),
    ],
)
def test_characters_that_act_are_spelt_out(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(st.text(), st.integers(10, 60))
def test_any_text_is_short_printable_and_encodable(text: str, limit: int) -> None:
    line = shown(text, limit)
    assert 0 < len(line) <= limit
    assert "\n" not in line
    assert "\x1b" not in line
    line.encode("utf-8")


@given(st.text())
def test_escaped_markdown_holds_nothing_that_starts_a_tag_a_link_or_mathematics(text: str) -> None:
    assert not set(escaped(shown(text))) & set("<>`*_[]$\\|~")


@pytest.mark.parametrize("write", [form.score, form.seconds, form.milliseconds, form.size, form.p_value, form.points])
@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
def test_a_missing_number_is_a_dash(write, missing: float | None) -> None:
    assert write(missing) == form.DASH


@given(st.floats(0, 1e7))
def test_a_duration_always_has_a_unit(value: float) -> None:
    assert form.seconds(value).split()[-1] in {"ms", "s", "min"}


def test_a_whole_minute_is_never_written_as_sixty_seconds() -> None:
    assert form.seconds(59.97) == "1 min 00 s"
