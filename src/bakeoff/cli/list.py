"""``bakeoff list``: the runs of a workspace, and what can be named."""

from pathlib import Path

import click

from bakeoff.cli._options import printable, workspace_option

__all__ = ["list_runs"]


@click.command("list")
@workspace_option
@click.option("--contestants", is_flag=True, help="List the families that can enter instead.")
@click.option("--data", is_flag=True, help="List the named data sets instead.")
def list_runs(workspace: Path, contestants: bool, data: bool) -> None:
    """List the runs of this folder, the newest first."""
    if contestants:
        from bakeoff.contestants import families  # noqa: PLC0415 - heavy

        _echo_table([(name, text) for name, text in families().items()])
    if data:
        from bakeoff.data import catalog_names  # noqa: PLC0415 - heavy

        _echo_table([(name,) for name in catalog_names()])
    if contestants or data:
        return

    from bakeoff.contest import is_running  # noqa: PLC0415 - heavy
    from bakeoff.store import Store  # noqa: PLC0415

    if not (workspace / "bakeoff.sqlite").exists():
        click.echo("No runs here yet. `bakeoff run digits` makes one.")
        return
    with Store(workspace) as store:
        runs = store.runs()
    # A killed run could not say that it ended.
    ended = {} if is_running(workspace) else {"running": "interrupted"}
    _echo_table(
        [(run.folder, ended.get(run.status, run.status), printable(run.verdict.split(". ")[0])) for run in runs]
    )


def _echo_table(lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))] if lines else []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
