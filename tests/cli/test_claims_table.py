"""The table of published figures on the terminal."""

import io

from rich.console import Console

from bakeoff.cli._claims_table import print_claims

HOSTILE = "[red]x[/red]\x1b[31m[/]"
CLAIM = {
    "contestant": HOSTILE,
    "metric": HOSTILE,
    "on": HOSTILE,
    "published": 0.5,
    "digits": 10**9,
    "measured": "0.5",
    "low": None,
    "high": 0.6,
    "agrees": None,
    "explanation": HOSTILE,
}


def printed(**changes: object) -> str:
    out = io.StringIO()
    console = Console(file=out, width=300, force_terminal=True, color_system=None, highlight=False)
    print_claims(console, [CLAIM | changes], [HOSTILE])
    return out.getvalue()


def test_nothing_that_comes_from_a_file_acts_on_the_terminal() -> None:
    page = printed()
    assert "\x1b" not in page
    assert page.count("[red]x[/red]\\x1b[31m[/]") == 5  # in sentence, contestant, rows, metric and reason
    assert "0.500000000000 " in page  # twelve digits, whatever a file says


def test_a_claim_in_its_usual_form_is_a_line() -> None:
    usual = {"contestant": "svc", "metric": "f1_macro", "on": "validation", "digits": 4, "measured": 0.51, "low": 0.4}
    line = printed(**usual, agrees=True).splitlines()[3]
    assert " ".join(line.split()) == "1 svc validation macro F1 0.5000 0.5100 0.4000 to 0.6000 yes"
