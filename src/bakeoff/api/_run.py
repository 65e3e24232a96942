"""A run as people look at it: in a notebook, or from a script."""

from collections.abc import Sequence
from pathlib import Path

from bakeoff.contest import Answers, CheckedClaims, add_claims, predict
from bakeoff.contest import Run as StoredRun
from bakeoff.contest import open_run as find_run
from bakeoff.recipe import parse_claim
from bakeoff.report import RunViews, write_report

__all__ = ["Run", "open_run"]


class Run(RunViews, StoredRun):
    """One run: its verdict, tables, figures and models.

    Parameters
    ----------
    folder : Path
    """

    def predict(
        self, paths: Sequence[str | Path] | str | Path, contestant: str | None = None, seed: int | None = None
    ) -> Answers:
        """What a model of this run says of images or rows; see `bakeoff.predict`."""
        given = [paths] if isinstance(paths, str | Path) else paths
        return predict(self, given, contestant=contestant, seed=seed)

    def check_claims(self, *claims: str) -> CheckedClaims:
        """Published figures, such as ``"svc f1 0.8442"``, beside what was measured.

        They stay with the run and open its report; nothing is fitted.

        Raises
        ------
        RecipeError
            With every claim that cannot be read.
        """
        families = {entry["name"]: entry["family"] for entry in self.results["contestants"]}
        return add_claims(self, [parse_claim(claim, families) for claim in claims])

    def report(self, form: str = "html") -> Path:
        """Write the report again, as ``html``, ``pdf``, ``ipynb`` or ``md``, and give its path."""
        return write_report(self.folder, form)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"


def open_run(where: str | Path, workspace: str | Path | None = None) -> Run:
    """Find a run by its folder, by its name in the workspace, or ``latest``.

    Raises
    ------
    InputError
        If there is none.
    """
    return Run(find_run(where, None if workspace is None else Path(workspace)).folder)
