"""Options that several commands share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "comma_list",
    "contest_options",
    "data_options",
    "echo_table",
    "fitting_options",
    "printable",
    "recipe_changes",
    "workspace_option",
]

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


def fitting_options(command: Command) -> Command:
    """Add the options that say where and for how long fits run, and where they are kept."""
    for option in reversed(
        (
            click.option(
                "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="For one fit."
            ),
            click.option("--threads", type=click.IntRange(1, 4096), metavar="N", help="[default: all cores]"),
            click.option(
                "--on", default="local", metavar="local|ray|ray://HOST:PORT", help="Where fits run. [default: local]"
            ),
            workspace_option,
            click.option("--retime", is_flag=True, help="Fit and time even what is kept from earlier."),
        )
    ):
        command = option(command)
    return command


def contest_options(listen: Any, options: dict[str, Any]) -> Any:
    """What `fitting_options` were given, as a contest takes them."""
    from bakeoff.contest import ContestOptions  # noqa: PLC0415 - heavy

    return ContestOptions(options["workspace"], listen, options["retime"], command=command_line(), on=options["on"])


def recipe_changes(options: Mapping[str, Any], own: Sequence[str]) -> dict[str, Any]:
    """What was given on the command line, under a recipe's names.

    Parameters
    ----------
    options : mapping
    own : sequence of str
        Options of the command itself.
    """
    renamed = {"metric": "primary_metric", "time_limit": "time_limit_seconds", "memory_limit": "memory_limit_mib"}
    no_recipe = {*own, "on", "workspace", "retime", "as_json", "quiet"}
    given = {key: value for key, value in options.items() if key not in no_recipe and value is not None}
    return {renamed.get(key, key): value for key, value in given.items()}


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
