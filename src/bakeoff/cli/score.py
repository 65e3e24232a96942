"""``bakeoff score``: score predictions by labels that were kept elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakeoff.cli._options import echo_table, printable, workspace_option
from bakeoff.errors import InputError

if TYPE_CHECKING:
    from bakeoff.scoring import Scoreboard, ScoreLine
    from bakeoff.types import Metric

__all__ = ["score"]

_MOST_CHARACTERS = 40


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--labels",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    metavar="FILE",
    help="The labels of the test rows, in their order, or the whole test file.",
)
@click.option("--label", metavar="COLUMN", help="Column of FILE that holds the label.")
@click.option("--group", metavar="COLUMN", help="Column of FILE that says which rows come from one source.")
@click.option(
    "--metric",
    type=click.Choice(["f1_macro", "accuracy", "f1_weighted", "log_loss"]),
    help="Decides. [default: of one run its own, else f1_macro]",
)
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to a file.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, and nothing else.")
@workspace_option
def score(runs: tuple[str, ...], labels: Path, csv_file: Path | None, as_json: bool, **options: Any) -> int:
    """Score runs whose test rows came without labels.

    RUN is a run's folder or its name, a CSV file with a predicted label for each test row, or a folder of all these:
    one folder or file a student. Nothing in it is changed, and none of its models is opened. Every submission counts
    as one opening of the labels, on record before the first comparison.

    \b
    bakeoff score latest --labels labels.csv
    bakeoff score submissions/ --labels labels.csv --csv scores.csv
    """  # noqa: D301 - click reads the backspace character itself
    from bakeoff import api  # noqa: PLC0415 - heavy
    from bakeoff.store import write_atomically  # noqa: PLC0415

    if csv_file is not None and csv_file.exists():  # it may be the only copy of the labels
        raise InputError(f"{csv_file}: is there already, and nothing is written over. Name another file with --csv.")
    board = api.score(runs, labels, **options)
    if as_json:
        click.echo(board.to_json())
    else:
        _show(board)
    if csv_file is not None:
        write_atomically(csv_file, board.to_csv(), "the scores are printed above; keep them from there")
    return 1 if any(line.problem for line in board.lines) else 0


def _show(board: "Scoreboard") -> None:
    """The table as plain lines: they can be piped, and a terminal that is too narrow does not break words."""
    units = "" if board.n_groups is None else f" in {board.n_groups:,} groups"
    click.echo(f"{len(board.labels.labels):,} test rows{units}, {len(board.classes)} classes, by {board.metric}\n")
    if scored := [line for line in board.ranked if not line.problem]:
        echo_table([_heading(board), *(_cells(board, line) for line in scored)])
        click.echo()
    for line in board.lines:
        if line.problem:
            who = f"{line.submission}, {line.contestant}" if line.contestant else line.submission
            click.echo(click.style("Not scored  ", fg="red") + printable(f"{who}: {line.problem}"))
    if any(_is_unchecked(board, line) for line in board.lines):
        click.echo(
            "rows not checked: the run does not say which rows it predicted, so their number is all that is known"
        )
    if board.is_class:
        click.echo("* what the submission is judged by: its best on its own validation rows")
    for note in board.notes:
        click.echo(click.style("Note     ", bold=True) + printable(note))
    click.echo(click.style("Verdict  ", bold=True) + printable(board.verdict))
    for sentence in board.openings:
        click.echo(printable(sentence))


def _other(metric: "Metric") -> "Metric":
    return "accuracy" if metric == "f1_macro" else "f1_macro"


def _heading(board: "Scoreboard") -> tuple[str, ...]:
    columns = ("contestant", board.metric, "interval", _other(board.metric), "log_loss", "against the best")
    return ("submission", *columns) if board.is_class else columns


def _cells(board: "Scoreboard", line: "ScoreLine") -> tuple[str, ...]:
    known = line.scores.get(board.metric)
    interval = "" if known is None else "too few" if known.low is None else f"{known.low:.3f} to {known.high:.3f}"
    mark = " *" if board.is_class and line.chosen else ""
    mark += " (rows not checked)" if _is_unchecked(board, line) else ""
    scores = {metric: "-" if one is None else f"{one.mean:.4f}" for metric, one in line.scores.items()}
    cells = (
        printable(line.contestant[:_MOST_CHARACTERS]) + mark,
        scores[board.metric],
        interval,
        scores[_other(board.metric)],
        scores["log_loss"],
        board.standing(line),
    )
    return (printable(line.submission[:_MOST_CHARACTERS]), *cells) if board.is_class else cells


def _is_unchecked(board: "Scoreboard", line: "ScoreLine") -> bool:
    """Whether a run could have said which rows it predicted, and did not; a table of labels never says."""
    return board.names_rows and bool(line.seeds) and not line.rows_checked
