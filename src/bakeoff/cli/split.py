"""``bakeoff split``: an assignment whose test labels stay with whoever sets it."""

from pathlib import Path
from typing import Any

import click

from bakeoff.cli._options import data_options, printable

__all__ = ["split"]


@click.command()
@click.argument("where")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where the three files go.",
)
@click.option(
    "--test-fraction",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    show_default=True,
    help="How much to set aside where the data has no test rows of its own.",
)
@data_options
def split(where: str, out: Path, test_fraction: float, **options: Any) -> None:
    """Make an assignment: rows to hand out, and the test labels to keep.

    Writes train.csv (with labels) and test.csv (without) to hand out, and labels.csv to keep for `bakeoff score`. The
    test rows are shuffled, and near-copies of one picture stay on one side.
    """
    from bakeoff import api  # noqa: PLC0415 - heavy

    given = {key: value for key, value in options.items() if value is not None}
    made = api.split(where, out, test_fraction=test_fraction, **given)
    for sentence in made.sentences:
        click.echo(printable(sentence))
    click.echo(f"Hand out  {printable(str(made.train))}\nHand out  {printable(str(made.test))}")
    click.echo(f"Keep      {printable(str(made.labels))}")
    click.echo(f"Students  {made.command}")
