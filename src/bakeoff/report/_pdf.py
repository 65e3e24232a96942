"""The report as a PDF, set by Typst: real text, vector figures, page numbers, contents."""

import json
import re
import tempfile
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from bakeoff.errors import MissingExtraError, StoreError
from bakeoff.report._build import view
from bakeoff.report._figure_files import write_figure
from bakeoff.report._view import Block, Chart, Charts, Check, Checks, Fold, Gallery, Picture, View
from bakeoff.store import write_atomically

__all__ = ["write_pdf"]

_TEMPLATE = "report.typ"
_LONG_WORD = re.compile(r"\S{25,}")
_PIECE = 12  # characters of a long word that stay together


def write_pdf(run_folder: str | Path) -> Path:
    """Write ``report.pdf`` into a run folder.

    Parameters
    ----------
    run_folder : path
        What `bakeoff run` left. Nothing else is read.

    Returns
    -------
    The path of ``report.pdf``.

    Raises
    ------
    MissingExtraError
        If Typst is not installed.
    StoreError
        If the folder holds no results, or cannot be read or written.
    """
    typst = _typst()
    folder = Path(run_folder)
    report = view(folder)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        content = _Content(root).of(report)
        (root / "view.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        template = files("bakeoff.report").joinpath("templates", _TEMPLATE).read_text(encoding="utf-8")
        (root / _TEMPLATE).write_text(template, encoding="utf-8")
        try:
            pdf = typst.compile(root / _TEMPLATE, root=root, font_paths=[_fonts()])
        except RuntimeError as error:
            raise StoreError(f"{folder}: the report could not be set: {' '.join(str(error).split())[:500]}") from None
    return write_atomically(folder / "report.pdf", pdf)


def _typst() -> Any:
    try:
        import typst  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise MissingExtraError("a PDF", "pdf") from None
    return typst


def _fonts() -> Path:
    """Where the fonts of the figures lie: Typst sets their text again."""
    import matplotlib  # noqa: PLC0415 - only here

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


class _Content:
    """The view model as plain data, with its pictures as files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._n_pictures = 0

    def of(self, report: View) -> dict[str, Any]:
        whole = {
            "title": report.title,
            "kicker": report.kicker,
            "created": report.created,
            "verdict": report.verdict,
            "verdict_rest": report.verdict_rest,
            "facts": [list(fact) for fact in report.facts],
            "sections": [
                {"title": section.title, "blocks": [self._block(block) for block in section.blocks]}
                for section in report.sections
            ],
        }
        broken: dict[str, Any] = _breakable(whole)
        return broken

    def _block(self, block: Block) -> dict[str, Any]:
        kind = {"kind": block.kind}
        match block:
            case Chart():
                return kind | self._chart(block)
            case Charts():
                return kind | {"charts": [self._chart(chart) for chart in block.charts]}
            case Gallery():
                pictures = [self._picture(picture) for picture in block.pictures]
                return kind | {
                    "pictures": pictures,
                    "columns": block.columns,
                    "chart": {"caption": block.chart.caption},
                }
            case Fold():
                return kind | {"title": block.title, "blocks": [self._block(each) for each in block.blocks]}
            case Checks():
                return kind | {"checks": [_check(check) for check in block.checks]}
            case _:
                return kind | asdict(block)

    def _chart(self, chart: Chart) -> dict[str, Any]:
        drawn = write_figure(self._root / "figures", chart)
        return {
            "file": f"figures/{chart.name}.svg",
            "width": drawn.width_points,
            "caption": chart.caption,
            "description": chart.description,
        }

    def _picture(self, picture: Picture) -> dict[str, Any]:
        self._n_pictures += 1
        name = f"picture-{self._n_pictures}.png"
        (self._root / name).write_bytes(picture.png)
        lines = [asdict(line) for line in picture.lines]
        return {"file": name, "width": picture.width, "description": picture.description, "lines": lines}


def _check(check: Check) -> dict[str, Any]:
    return {"name": check.name, "state": check.state, "words": check.words, "text": check.text}


def _breakable(value: Any) -> Any:
    """The same data, with places in long words where a line may end."""
    if isinstance(value, dict):
        return {key: each if key in ("file", "kind") else _breakable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_breakable(each) for each in value]
    if isinstance(value, str):
        return _LONG_WORD.sub(lambda match: re.sub(f"(.{{{_PIECE}}})", "\\1\u200b", match[0]), value)
    return value
