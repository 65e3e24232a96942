"""Options that several commands share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["comma_list", "command_line", "data_options", "echo_table", "printable", "workspace_option"]

Command = TypeVar("Command", bound=Callable[..., Any])


def _shape(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    parts = value.lower().split("x")
    if len(parts) not in (2, 3) or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"must be HEIGHTxWIDTH, such as 28x28, or HEIGHTxWIDTHx3. Got {value!r}")
    return tuple(int(part) for part in parts)


def comma_list(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """``a,b,c`` as a tuple."""
    return None if value is None else tuple(part.strip() for part in value.split(",") if part.strip())


_DATA_OPTIONS = (
    click.option("--test", metavar="WHERE", help="File or folder with the test rows."),
    click.option("--label", metavar="COLUMN", help="Column that holds the label."),
    click.option("--group", metavar="COLUMN", help="Column that says which rows come from one source (a person, ...)."),
    click.option("--image-shape", metavar="HxW", callback=_shape, help="Rows are images of this size."),
    click.option("--rows", is_flag=True, default=None, help="Rows are plain numbers, whatever they look like."),
    click.option("--class-names", metavar="A,B,...", callback=comma_list, help="Names for the classes, by label."),
    click.option(
        "--moved-copies", is_flag=True, default=None, help="Look for shifted and turned near-copies too. [slow]"
    ),
)


def data_options(command: Command) -> Command:
    """Add the options that say how to read data."""
    for option in reversed(_DATA_OPTIONS):
        command = option(command)
    return command


def workspace_option(command: Command) -> Command:
    """Add ``--workspace``: where results are kept."""
    return click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(),
        show_default="here",
        help="Folder that keeps fits, runs and openings.",
    )(command)


def command_line() -> str:
    """What was typed, as it can be typed again."""
    import shlex  # noqa: PLC0415 - only here
    import sys  # noqa: PLC0415

    return shlex.join(["bakeoff", *sys.argv[1:]])


def printable(text: str) -> str:
    """Text from files and class names for the terminal: control characters are shown instead of obeyed."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def echo_table(lines: Sequence[tuple[str, ...]]) -> None:
    """Print lines of cells under each other."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))] if lines else []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
