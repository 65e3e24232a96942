"""The commands, one short file each.

Nothing heavy is imported here: ``bakeoff --help`` answers before NumPy or JAX would be loaded. Every command imports
what it needs when it runs.
"""

import sys
from collections.abc import Sequence

import click

from bakeoff import __version__
from bakeoff.cli._options import printable
from bakeoff.cli.audit import audit
from bakeoff.cli.doctor import doctor
from bakeoff.cli.export import export
from bakeoff.cli.list import list_runs
from bakeoff.cli.predict import predict
from bakeoff.cli.report import report
from bakeoff.cli.run import run
from bakeoff.cli.score import score
from bakeoff.cli.serve import serve
from bakeoff.cli.split import split
from bakeoff.cli.study import study
from bakeoff.cli.tune import tune
from bakeoff.errors import BakeoffError, InputError

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bakeoff")
def bakeoff() -> None:
    """Which model to trust on your labelled images.

    Trains dense neural networks and classical classifiers, compares them honestly, and explains the result on one
    page. Begin with: bakeoff run digits
    """


for command in (run, audit, study, tune, predict, serve, export, report, split, score, list_runs, doctor):
    bakeoff.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    0 done, 1 a fit failed or timed out, 2 bad input or bad arguments, 3 a gate refused, 130 interrupted.
    """
    try:
        status = bakeoff.main(args=None if arguments is None else [*arguments], standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("\nbakeoff: interrupted. Finished fits are kept; the same command goes on from there.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BakeoffError as error:
        problems = error.problems if isinstance(error, InputError) else [str(error)]
        for problem in problems:
            click.echo(f"bakeoff: {printable(problem)}", err=True)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of a pipe (head, less) went away; there is nobody to tell.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        # What files say is explained where they are read; what is left is the terminal, or what stands for it.
        sys.stdout = None
        click.echo(f"bakeoff: cannot write: {error.strerror or error}", err=True)
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)
