"""``bakeoff predict``: let the models of a run say what an image shows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakeoff.cli._options import printable, workspace_option

if TYPE_CHECKING:
    from bakeoff.contest import Answers

__all__ = ["predict"]


@click.command()
@click.argument("run")
@click.argument("paths", nargs=-1, required=True, metavar="IMAGE...")
@click.option("--contestant", metavar="NAME", help="Which model. [default: the best on validation rows]")
@click.option("--seed", type=int, metavar="N", help="Which of its seeds. [default: the first]")
@click.option("--top", type=click.IntRange(1, 100), default=3, show_default=True, help="How many classes to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a line for each image or row.")
@click.option(
    "--seen", type=click.Path(path_type=Path), metavar="FOLDER", help="Write what the model saw of each image as a PNG."
)
@click.option("--code", is_flag=True, help="Let a Keras model's own code be run.")
@workspace_option
def predict(run: str, paths: tuple[str, ...], top: int, workspace: Path, **options: Any) -> None:
    """Print the classes of images, or of the rows of a CSV file.

    RUN is a folder, a name below runs/, or latest. IMAGE is a PNG or JPEG file, a folder of them, or a CSV file with
    the same columns as the training rows.
    """
    import json  # noqa: PLC0415 - only here

    from bakeoff import api  # noqa: PLC0415 - heavy

    if options["as_json"] and options["as_csv"]:
        raise click.UsageError("--json and --csv cannot both be given")
    answers = api.predict(
        run,
        paths,
        contestant=options["contestant"],
        seed=options["seed"],
        workspace=workspace,
        code=options["code"],
    )
    if options["seen"] is not None:
        _write_seen(options["seen"], answers)
    if options["as_json"]:
        document = {
            "contestant": answers.contestant,
            "predictions": [answer.to_dict(top) for answer in answers.predictions],
            "notes": list(answers.notes),
        }
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    click.echo(f"{answers.contestant} of {run}", err=True)
    for note in answers.notes:
        click.echo(printable(note), err=True)
    if options["as_csv"]:
        click.echo(_as_csv(answers, top), nl=False)
        return
    for answer in answers.predictions:
        click.echo(printable(answer.to_line(top)))


def _as_csv(answers: "Answers", top: int) -> str:
    import csv  # noqa: PLC0415 - only here
    import io  # noqa: PLC0415

    from bakeoff.contest import harmless_cell  # noqa: PLC0415 - heavy

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    most = min(top, max((len(answer.classes) for answer in answers.predictions), default=1))
    value = "probability" if all(answer.is_probability for answer in answers.predictions) else "score"
    ends = [""] + [f"_{number}" for number in range(2, most + 1)]
    writer.writerow(["name", *(name for end in ends for name in (f"class{end}", f"{value}{end}"))])
    for answer in answers.predictions:
        cells = [cell for name, figure in answer.classes[:most] for cell in (harmless_cell(name), figure)]
        writer.writerow([harmless_cell(answer.name), *cells])
    return stream.getvalue()


def _write_seen(folder: Path, answers: "Answers") -> None:
    from bakeoff.contest import enlarged_png  # noqa: PLC0415 - heavy
    from bakeoff.errors import InputError, StoreError  # noqa: PLC0415
    from bakeoff.store import write_atomically  # noqa: PLC0415

    if answers.seen is None:
        raise InputError("--seen: this run was trained on plain rows, so there is nothing to see")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror}") from None
    for number, (answer, image) in enumerate(zip(answers.predictions, answers.seen, strict=True), start=1):
        write_atomically(folder / f"{number:05}-{Path(answer.name).stem[:60]}.png", enlarged_png(image))
