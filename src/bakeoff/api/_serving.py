"""The page on which a run's models are tried."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bakeoff.api._runs import plan_again
from bakeoff.contest import Run, open_run
from bakeoff.serve import Address, make_app, open_tried_run, serve

__all__ = ["serve_run"]


def _nobody(_address: str) -> None:
    """Nobody wants to know."""


def serve_run(  # noqa: PLR0913 - everything that can be asked
    run: str | Path | Run = "latest",
    workspace: str | Path = ".",
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    allowed_hosts: Sequence[str] = (),
    code: bool = False,
    ready: Callable[[str], None] = _nobody,
) -> None:
    """Serve a page on which every model of a run can be tried, until interrupted.

    Parameters
    ----------
    run : str, Path or Run
    workspace : path
        Whose runs are listed beside it.
    host : str
        Address to listen on; off this machine the page asks for a token.
    port : int
        0: any that is free.
    allowed_hosts : sequence of str
        More names under which the page may be asked for.
    code : bool
        Whether a Keras model's own code may be run.
    ready : callable
        Is told the page's address once it is there.

    Raises
    ------
    InputError
        If there is no such run, it kept no model, or the address cannot be had.
    MissingExtraError
        If FastAPI or uvicorn is not installed.
    """
    found = run if isinstance(run, Run) else open_run(run, Path(workspace))
    tried = open_tried_run(found, plan_again, runs_code=code)
    address = Address(host, port, allowed_hosts)
    rules = address.rules()
    serve(make_app(tried, Path(workspace), rules), address, rules, ready)
