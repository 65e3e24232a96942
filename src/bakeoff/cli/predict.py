"""``bakeoff predict``: let the models of a run say what an image shows."""

from pathlib import Path

import click

from bakeoff.cli._options import printable, workspace_option

__all__ = ["predict"]


@click.command()
@click.argument("run")
@click.argument("paths", nargs=-1, required=True, metavar="IMAGE...")
@click.option("--contestant", metavar="NAME", help="Which model. [default: the best on validation rows]")
@click.option("--seed", type=int, metavar="N", help="Which of its seeds. [default: the first]")
@click.option("--top", type=click.IntRange(1, 100), default=3, show_default=True, help="How many classes to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@workspace_option
def predict(  # noqa: PLR0913, PLR0917 - one parameter an option
    run: str, paths: tuple[str, ...], contestant: str | None, seed: int | None, top: int, as_json: bool, workspace: Path
) -> None:
    """Print the classes of images, or of the rows of a CSV file.

    RUN is a folder, a name below runs/, or latest. IMAGE is a PNG or JPEG file, a folder of them, or a CSV file with
    the same columns as the training rows.
    """
    import json  # noqa: PLC0415 - only here

    from bakeoff import api  # noqa: PLC0415 - heavy

    answers = api.predict(run, paths, contestant=contestant, seed=seed, workspace=workspace)
    if as_json:
        document = {
            "contestant": answers.contestant,
            "predictions": [answer.to_dict(top) for answer in answers.predictions],
            "notes": list(answers.notes),
        }
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    click.echo(f"{answers.contestant} of {run}", err=True)
    for note in answers.notes:
        click.echo(note, err=True)
    for answer in answers.predictions:
        click.echo(printable(answer.to_line(top)))
