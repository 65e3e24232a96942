"""``bakeoff report``: write a run's report again, or in another form."""

from pathlib import Path

import click

from bakeoff.cli._options import comma_list, workspace_option

__all__ = ["report"]


@click.command()
@click.argument("run", default="latest")
@click.option("--format", "formats", default="html", metavar="html,ipynb", callback=comma_list, show_default=True)
@workspace_option
def report(run: str, formats: tuple[str, ...], workspace: Path) -> None:
    """Write the report of RUN: a folder, a name below runs/, or latest."""
    unknown = sorted(set(formats) - {"html", "ipynb"})
    if unknown:
        raise click.BadParameter(f"must be html or ipynb. Got {', '.join(unknown)}", param_hint="--format")

    from bakeoff.contest import open_run  # noqa: PLC0415 - heavy
    from bakeoff.report import write_html, write_notebook  # noqa: PLC0415

    found = open_run(run, workspace)
    found.results  # noqa: B018 - says now, in one line, where the run did not finish
    writers = {"html": write_html, "ipynb": write_notebook}
    for name in formats:
        click.echo(writers[name](found.folder))
