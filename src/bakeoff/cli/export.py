"""``bakeoff export``: a run's model for other programs."""

from pathlib import Path

import click

from bakeoff.cli._options import workspace_option

__all__ = ["export"]


@click.command()
@click.argument("run")
@click.option("--to", required=True, type=click.Choice(["keras", "onnx", "safetensors", "skops"]), help="Which form.")
@click.option("--contestant", metavar="NAME", help="Which model. [default: the best on validation rows]")
@click.option("--seed", type=int, metavar="N", help="Which of its seeds. [default: the first]")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="[default: exports/ in the run's folder]")
@workspace_option
def export(run: str, to: str, contestant: str | None, seed: int | None, out: Path | None, workspace: Path) -> None:
    """Write a model of RUN in another library's form.

    RUN is a folder, a name below runs/, or latest. The file is asked for the rows that the run has predictions of, and
    kept only if it says the same.
    """
    from bakeoff import api  # noqa: PLC0415 - heavy

    done = api.export(run, to, contestant=contestant, seed=seed, path=out, workspace=workspace)
    click.echo(
        f"{done.contestant} of {run}, seed {done.seed}: says of {done.n_rows:,} rows what the run says "
        f"(largest difference {done.largest_difference:.1e})",
        err=True,
    )
    click.echo(done.path)
