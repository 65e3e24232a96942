"""A look at data before anything is compared on them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bakeoff.api._gate import refuse
from bakeoff.api._recipes import DATA_OPTIONS, make_recipe, read_data, refuse_others
from bakeoff.audit import Finding, check_data, harm_sentence, no_probes
from bakeoff.contest import (
    Listener,
    copies_pictures,
    data_pictures,
    label_pictures,
    probe_dataset,
    rows_left_to_look_at,
)
from bakeoff.data import Dataset, card
from bakeoff.executors import LocalExecutor
from bakeoff.report import draw_data_pictures
from bakeoff.types import ProgressCallback

__all__ = ["Audit", "audit_data"]


@dataclass(frozen=True, eq=False)
class Audit:
    """The data card of a data set and what the checks say of it.

    Parameters
    ----------
    dataset : Dataset
    card : mapping
        The ``data`` part of ``results.json``.
    ignore : sequence of str
        Codes of findings to leave out.
    """

    dataset: Dataset
    card: Mapping[str, Any]
    ignore: Sequence[str] = ()

    @property
    def found(self) -> Sequence[Finding]:
        """What the checks say, errors first."""
        return check_data(self.card, self.ignore)

    @property
    def harm(self) -> str | None:
        """What groups of near-copies do to a score, in one sentence; None where it was not measured."""
        return harm_sentence(self.card)

    def probed(self, listen: Listener = lambda _event: None) -> "Audit":
        """The same with what has to be trained for: the harm of groups, unlike parts, labels to look at.

        Parameters
        ----------
        listen : callable
            Is told what happens; see `bakeoff.contest.Event`.

        Raises
        ------
        DeviceError
            If compiled code gives wrong answers on this machine.
        """
        with LocalExecutor() as executor:
            probes = probe_dataset(self.dataset, executor, listen)
        return replace(self, card={**self.card, "probes": probes})

    def to_json(self) -> str:
        """Card and findings as JSON."""
        findings = [asdict(finding) for finding in self.found]
        return json.dumps({"data": self.card, "findings": findings}, indent=1, ensure_ascii=False)

    def write_pictures(self, folder: Path) -> Sequence[Path]:
        """Draw random rows with labels, the class histogram, one image a class, and what there is to look at.

        That is one photograph with its near-copies, and the labels that a network doubts where D010 says that they
        are worth a look. Rows that a run would set aside as test rows are not shown.

        Returns
        -------
        sequence of Path
            Of the pictures; plain rows have the histogram alone.
        """
        rows = rows_left_to_look_at(self.dataset)
        pictures = {**data_pictures(self.dataset, rows), **copies_pictures(self.dataset, rows)}
        if any(finding.code == "D010" for finding in self.found):
            pictures |= label_pictures(self.dataset, self.card["probes"]["labels"])
        return draw_data_pictures(folder, self.card, pictures)

    def refuse_errors(self) -> None:
        """Raise `AuditRefused` if a finding is an error."""
        refuse(f"{finding.code} {finding.title}" for finding in self.found if finding.severity == "error")


def audit_data(
    where: str | Path, *, probes: bool = True, progress: ProgressCallback | None = None, **options: Any
) -> Audit:
    """Look at data before anything is compared on them.

    Parameters
    ----------
    where : str or Path
        As for `run`; of a recipe, its data.
    probes : bool
        Also train a few small models: what near-copies do to a score, whether test rows are unlike training rows,
        which labels to look at.
    progress : callable, optional
        Is told how far reading, downloading and the search for near-copies are; see `bakeoff.data.load`.
    **options
        ``test``, ``label``, ``group``, ``image_shape``, ``rows``, ``class_names``, ``moved_copies``,
        ``ignore``.

    Raises
    ------
    InputError
    """
    refuse_others("audit_data", options, (*DATA_OPTIONS, "ignore"))
    recipe = make_recipe(where, **options)
    dataset = read_data(recipe.data, progress)
    described = {**card(dataset), "probes": no_probes()}
    described["decisions"] = [*described["decisions"], *_left_alone(dataset)]
    audit = Audit(dataset, described, recipe.ignore)
    return audit.probed() if probes else audit


def _left_alone(dataset: Dataset) -> list[str]:
    """Which rows the probes and the pictures leave alone, in words."""
    n_rows, n_seen = len(dataset.X_train), len(rows_left_to_look_at(dataset))
    said = (
        f"Of the {n_rows:,} rows, a run sets {n_rows - n_seen:,} aside as test rows by default: the probes and the "
        f"pictures here are of the other {n_seen:,}."
    )
    return [said] if n_seen < n_rows else []
