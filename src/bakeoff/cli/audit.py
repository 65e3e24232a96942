"""``bakeoff audit``: look at the data before anything is trained."""

from pathlib import Path
from typing import Any

import click

from bakeoff.cli._options import data_options

__all__ = ["audit"]


@click.command()
@click.argument("where")
@data_options
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("audit"),
    show_default=True,
    help="Folder for the pictures.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the data card as JSON, and nothing else.")
@click.option("--strict", is_flag=True, help="Exit with status 3 where a finding is an error.")
def audit(where: str, pictures: Path, as_json: bool, strict: bool, **options: Any) -> None:
    """Print the data card and its findings, and draw the data.

    Missing values, shape, classes and their balance, range, copies, and what was decided and why. Draws random rows
    with their labels, the class histogram, and one image a class.
    """
    from bakeoff import api  # noqa: PLC0415 - heavy
    from bakeoff.cli._console import Console  # noqa: PLC0415

    given = {key: value for key, value in options.items() if value is not None}
    answer = api.audit_data(where, **given)
    if as_json:
        click.echo(answer.to_json())
    else:
        files = answer.write_pictures(pictures)
        Console().show_audit(answer, files)
    if strict:
        answer.refuse_errors()
