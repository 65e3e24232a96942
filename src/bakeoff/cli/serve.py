"""``bakeoff serve``: a page on which a run's models are tried."""

from pathlib import Path

import click

from bakeoff.cli._options import workspace_option

__all__ = ["serve"]


@click.command()
@click.argument("run", default="latest")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name under which the page may be asked for.")
@click.option("--code", is_flag=True, help="Let a Keras model's own code be run.")
@workspace_option
def serve(run: str, host: str, port: int, allow_host: tuple[str, ...], code: bool, workspace: Path) -> None:
    """Try a run's models on a page: draw, drop an image, or step through validation rows.

    RUN is a folder, a name below runs/, or latest. The page is for this machine alone unless --host says otherwise;
    then its address has a token in it.
    """
    from bakeoff import api  # noqa: PLC0415 - heavy

    api.serve_run(
        run, workspace, host=host, port=port, allowed_hosts=allow_host, code=code,
        ready=lambda address: click.echo(f"{address}\nCtrl-C ends it."),
    )  # fmt: skip
