"""``bakeoff report``: write a run's report again, in another form, or with published figures checked."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakeoff.cli._options import comma_list, workspace_option

if TYPE_CHECKING:
    from bakeoff.contest import CheckedClaims, Run
    from bakeoff.recipe import Claim

__all__ = ["report"]


@click.command()
@click.argument("run", default="latest")
@click.option(
    "--format", "formats", default="html", metavar="html,pdf,ipynb,md", callback=comma_list, show_default=True
)
@click.option(
    "--claim", "texts", multiple=True, metavar="TEXT", help='A published figure to check, such as "svc f1 0.8442".'
)
@click.option(
    "--claims",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Many of them: columns contestant, metric, published, and maybe on and source.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the checked figures and the paths as JSON.")
@workspace_option
def report(run: str, formats: tuple[str, ...], workspace: Path, **options: Any) -> None:
    """Write the report of RUN, of a study or of a search: a folder, a name below runs/, or latest.

    Published figures are checked against the stored run; nothing is fitted. They stay in its claims.json, beside the
    results, and open the report.

    \b
    bakeoff report latest --claim "svc f1 0.8442" --claim "network accuracy 82.35 %"
    """  # noqa: D301 - click reads the backspace character itself
    unknown = sorted(set(formats) - {"html", "pdf", "ipynb", "md"})
    if unknown:
        raise click.BadParameter(f"must be html, pdf, ipynb or md. Got {', '.join(unknown)}", param_hint="--format")

    from bakeoff.contest import add_claims, open_run  # noqa: PLC0415 - heavy
    from bakeoff.report import is_study_folder, is_tuning_folder, write_report  # noqa: PLC0415

    found = open_run(run, workspace)
    is_run = not (is_study_folder(found.folder) or is_tuning_folder(found.folder))
    if not is_run and (options["texts"] or options["file"]):
        raise click.UsageError(f"{found.name} is no bake-off: published figures are checked against a run.")
    if is_run:
        found.results  # noqa: B018 - says now, in one line, where the run did not finish
    claims = _read_claims(found, options["texts"], options["file"]) if is_run else []
    checked = add_claims(found, claims) if claims or (options["as_json"] and is_run) else None
    paths = [write_report(found.folder, form) for form in formats]
    if options["as_json"]:
        click.echo(_as_json(checked, paths))
        return
    if checked is not None:
        _print(checked)
    for path in paths:
        click.echo(path)


def _read_claims(run: "Run", texts: tuple[str, ...], file: Path | None) -> list["Claim"]:
    """Every claim that was given, or every problem with any of them."""
    from bakeoff.errors import RecipeError  # noqa: PLC0415 - with the room below
    from bakeoff.recipe import load_claims, parse_claim  # noqa: PLC0415 - heavy

    contestants = {entry["name"]: entry["family"] for entry in run.results["contestants"]}
    claims: list[Claim] = []
    problems: list[str] = []
    for text in texts:
        try:
            claims.append(parse_claim(text, contestants))
        except RecipeError as error:
            problems += error.problems
    if file is not None:
        try:
            claims += load_claims(file, contestants)
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    return claims


def _print(checked: "CheckedClaims") -> None:
    from rich.console import Console  # noqa: PLC0415 - only here

    from bakeoff.cli._claims_table import print_claims  # noqa: PLC0415

    print_claims(Console(highlight=False), checked.claims, checked.sentences)
    click.echo()


def _as_json(checked: "CheckedClaims | None", paths: list[Path]) -> str:
    claims = [] if checked is None else list(checked.claims)
    sentences = [] if checked is None else list(checked.sentences)
    document = {"claims": claims, "claim_sentences": sentences, "reports": [str(path) for path in paths]}
    return json.dumps(document, indent=1, ensure_ascii=False)
