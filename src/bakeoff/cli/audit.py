"""``bakeoff audit``: look at the data before anything is compared on them."""

from pathlib import Path
from typing import Any

import click

from bakeoff.cli._options import comma_list, data_options

__all__ = ["audit"]


@click.command()
@click.argument("where")
@data_options
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="audit; with --json none are drawn",
    help="Folder for the pictures.",
)
@click.option("--no-probes", is_flag=True, help="Leave out what has to be trained for.")
@click.option("--ignore", metavar="CODE,...", callback=comma_list, help="Findings to leave out, such as D002.")
@click.option("--json", "as_json", is_flag=True, help="Print the data card as JSON, and nothing else.")
@click.option("--strict", is_flag=True, help="Exit with status 3 where a finding is an error.")
def audit(where: str, pictures: Path | None, no_probes: bool, as_json: bool, strict: bool, **options: Any) -> None:
    """Print the data card and its findings, and draw the data.

    Missing values, shape, classes and their balance, range, near-copies, and what was decided and why. Then a few
    small models are trained: they measure what near-copies do to a score, whether test rows are unlike training rows,
    and which labels are worth a look. No test label is looked at; models and pictures leave out the rows that a run
    would set aside as a holdout. Kept are the pictures and, in the cache, what the search for near-copies found.
    """
    from bakeoff import api  # noqa: PLC0415 - heavy
    from bakeoff.cli._console import Console  # noqa: PLC0415

    given = {key: value for key, value in options.items() if value is not None}
    console = Console(quiet=as_json)
    with console.reading() as progress:
        answer = api.audit_data(where, probes=False, progress=progress, **given)
    if not no_probes:
        with console.listening() as listen:
            answer = answer.probed(listen)
    if as_json:
        if pictures is not None:
            answer.write_pictures(pictures)
        click.echo(answer.to_json())
    else:
        console.show_audit(answer, answer.write_pictures(pictures or Path("audit")))
    if strict:
        answer.refuse_errors()
