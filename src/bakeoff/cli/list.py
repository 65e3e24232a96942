"""``bakeoff list``: the runs of a workspace, its openings of test labels, and what can be named."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bakeoff.cli._options import echo_table, printable, workspace_option

if TYPE_CHECKING:
    from bakeoff.store import OpeningRecord, RunRecord

__all__ = ["list_runs"]


@click.command("list")
@workspace_option
@click.option("--openings", is_flag=True, help="List every use of test labels instead, the newest first.")
@click.option("--contestants", is_flag=True, help="List the families that can enter instead.")
@click.option("--data", is_flag=True, help="List the named data sets instead.")
def list_runs(workspace: Path, openings: bool, contestants: bool, data: bool) -> None:
    """List the runs of this folder, the newest first, and how often each opened its test labels."""
    if contestants:
        from bakeoff.contestants import families  # noqa: PLC0415 - heavy

        echo_table([(name, text) for name, text in families().items()])
    if data:
        from bakeoff.data import catalog_names  # noqa: PLC0415 - heavy

        echo_table([(name,) for name in catalog_names()])
    if contestants or data:
        return

    from bakeoff.contest import is_running  # noqa: PLC0415 - heavy
    from bakeoff.store import Store  # noqa: PLC0415

    if not (workspace / "bakeoff.sqlite").exists():
        click.echo("No runs here yet. `bakeoff run digits` makes one.")
        return
    with Store(workspace, read_only=True) as store:
        runs, opened = store.runs(), store.all_openings()
    if openings:
        _echo_openings(opened)
        return
    if not runs:
        click.echo("No runs here yet. `bakeoff run digits` makes one.")
        if opened:
            click.echo("Test labels were opened here all the same: `bakeoff list --openings` shows by whom.")
        return
    # A killed run could not say that it ended.
    ended = {} if is_running(workspace) else {"running": "interrupted"}
    echo_table([_run_line(run, ended.get(run.status, run.status), opened) for run in runs])


def _run_line(run: "RunRecord", status: str, opened: Sequence["OpeningRecord"]) -> tuple[str, ...]:
    times = sum(opening.times for opening in opened if opening.run == run.folder)
    return (run.folder, status, _times(times), printable(run.verdict.split(". ")[0]))


def _echo_openings(opened: Sequence["OpeningRecord"]) -> None:
    """Newest first; a test set is numbered in the order in which it was first opened."""
    if not opened:
        click.echo("No test labels were opened here.")
        return
    numbers = {name: number for number, name in enumerate(dict.fromkeys(one.test_set for one in opened), start=1)}
    lines = [
        (
            one.created.replace("T", " ").removesuffix("+00:00"),
            f"set {numbers[one.test_set]}: {one.n_rows:,} rows",
            _times(one.times),
            printable(one.run),
            printable(one.purpose),
        )
        for one in reversed(opened)
    ]
    echo_table(lines)


def _times(count: int) -> str:
    return {0: "sealed", 1: "opened once", 2: "opened twice"}.get(count, f"opened {count:,} times")
