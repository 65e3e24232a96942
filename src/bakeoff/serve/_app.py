"""The JSON interface, and the page on top of it."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from bakeoff import __version__
from bakeoff.contest import Run, as_images, open_run
from bakeoff.contestants import Predictions
from bakeoff.errors import BakeoffError, InputError, MissingExtraError
from bakeoff.serve._batches import Batches, Overloaded
from bakeoff.serve._guard import Guard, Rules
from bakeoff.serve._tried_run import TriedRun
from bakeoff.store import Store
from bakeoff.types import Rows

__all__ = ["make_app"]

_PAGE_POLICY = (
    "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
_PAGE_FILES = {"index.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
_MOST_RUNS = 50


class ClassSaid(BaseModel):
    """A class, with its probability or score."""

    name: str
    value: float | None


class ContestantSaid(BaseModel):
    """What one contestant says of one image or row."""

    name: str
    kind: str = Field(description="probabilities, scores, or labels where a model gives neither")
    label: str
    classes: list[ClassSaid] = Field(description="In the order of the classes")


class Said(BaseModel):
    """What all contestants say of one image or row."""

    contestants: list[ContestantSaid]
    agree: bool
    notes: list[str] = Field(description="What was done to the picture to make it fit")
    seen: str | None = Field(description="What the models saw, as the address of a PNG; null of plain rows")
    truth: str | None = Field(default=None, description="Of a validation row, its class")


class RowGiven(BaseModel):
    """A row of numbers: pixels from left to right and top to bottom, or features."""

    model_config = ConfigDict(extra="forbid")

    row: list[float] = Field(max_length=1_000_000)


class ContestantShown(BaseModel):
    """A contestant that can be asked."""

    name: str
    family: str
    seed: int
    validation_score: float | None


class RunShown(BaseModel):
    """The run whose models are asked."""

    name: str
    verdict: str
    kind: str
    metric: str
    image_shape: tuple[int, int, int] | None
    n_features: int
    class_names: list[str]
    contestants: list[ContestantShown]
    missing: dict[str, str] = Field(description="Contestants that cannot be asked, and why")
    n_validation_rows: int
    why_no_validation_rows: str
    version: str


class OtherRun(BaseModel):
    """A run of the workspace."""

    name: str
    created: str
    status: str
    verdict: str
    metric: str | None
    scores: list[ClassSaid] = Field(description="The run's metric on validation rows, by contestant")


def make_app(tried: TriedRun, workspace: Path, rules: Rules | None = None, most_waiting: int = 64) -> Guard:
    """The page and its interface as an ASGI application.

    Parameters
    ----------
    tried : TriedRun
    workspace : Path
        Whose runs are listed.
    rules : Rules or None
        None: this machine alone.
    most_waiting : int
        Predictions that may wait; another one is answered with 503.

    Raises
    ------
    MissingExtraError
        If FastAPI is not installed.
    """
    try:
        from fastapi import FastAPI, HTTPException, Request, Response  # noqa: PLC0415
        from fastapi.concurrency import run_in_threadpool  # noqa: PLC0415
        from fastapi.exceptions import RequestValidationError  # noqa: PLC0415
        from fastapi.responses import JSONResponse  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("bakeoff serve", "serve") from None

    batches = Batches(tried.ask, most_waiting)
    page = {name: (resources.files("bakeoff.serve") / "page" / name).read_bytes() for name in _PAGE_FILES}

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        yield
        batches.close()

    app = FastAPI(
        title="Bakeoff",
        version=__version__,
        description="What the models of one run say of images and rows.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )

    def file(name: str) -> Response:
        headers = {"content-security-policy": _PAGE_POLICY}
        return Response(page[name], media_type=_PAGE_FILES[name], headers=headers)

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        return file("index.html")

    @app.get("/page.css", include_in_schema=False)
    async def style() -> Response:
        return file("page.css")

    @app.get("/page.js", include_in_schema=False)
    async def script() -> Response:
        return file("page.js")

    @app.get("/report", include_in_schema=False)
    async def report(run: str | None = None) -> Response:
        try:
            folder = tried.run.folder if run is None else _run_of(workspace, run).folder
            content = await run_in_threadpool((folder / "report.html").read_bytes)
        except (OSError, BakeoffError):
            raise HTTPException(404, "there is no such report") from None
        return Response(content, media_type="text/html", headers={"content-security-policy": _REPORT_POLICY})

    @app.get("/api/run")
    async def about() -> RunShown:
        """The run, its classes and contestants."""
        return _about(tried)

    @app.get("/api/runs")
    def runs() -> list[OtherRun]:
        """The runs of the workspace, the newest first."""
        return _runs(workspace)

    async def answer(row: Rows, notes: Sequence[str], truth: str | None = None) -> Response:
        try:
            said = await batches.predict(row)
        except Overloaded:
            raise HTTPException(503, "too many predictions wait", headers={"retry-after": "1"}) from None
        # As it is: looking at it once more would take longer than the models.
        return Response(_said(tried, row, said, notes, truth).model_dump_json(), media_type="application/json")

    @app.post("/api/predict", response_model=Said, openapi_extra=_PICTURE_BODY)
    async def predict_picture(request: Request, drawing: bool = False) -> Response:
        """What every contestant says of a picture: the bytes of a PNG or JPEG as the body."""
        if batches.is_full:
            raise HTTPException(503, "too many predictions wait", headers={"retry-after": "1"})
        read = await run_in_threadpool(tried.read_picture, await request.body(), drawing)
        return await answer(read.rows, read.notes)

    @app.post("/api/predict/row", response_model=Said)
    async def predict_row(given: RowGiven) -> Response:
        """What every contestant says of a row of numbers."""
        return await answer(tried.read_numbers(given.row), [])

    @app.get("/api/rows/{number}", response_model=Said)
    async def validation_row(number: int) -> Response:
        """What every contestant says of a validation row, and what it is."""
        held = tried.held
        if held is None or not 0 <= number < len(held.rows):
            raise HTTPException(404, "there is no such validation row")
        return await answer(held.rows[number : number + 1], [], tried.class_names[held.labels[number]])

    @app.exception_handler(RequestValidationError)
    async def misunderstood(_request: Request, error: RequestValidationError) -> JSONResponse:
        # What came is not said again: it may be no text at all.
        lines = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        return JSONResponse({"detail": "; ".join(lines)[:1000]}, 422)

    @app.exception_handler(InputError)
    async def refused(_request: Request, error: InputError) -> JSONResponse:
        return JSONResponse({"detail": "; ".join(error.problems)[:1000]}, 422)

    return Guard(app, rules or Rules())


_PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/png", "image/jpeg")},
    }
}


def _run_of(workspace: Path, name: str) -> Run:
    """A run by its plain name; no path leads elsewhere."""
    if Path(name).name != name or name.startswith("."):
        raise InputError("a run is named by its folder below runs/")
    return open_run(workspace / "runs" / name, workspace)


def _about(tried: TriedRun) -> RunShown:
    facts = tried.facts
    return RunShown(
        name=tried.run.name,
        verdict=tried.run.verdict,
        kind=facts.kind,
        metric=tried.metric,
        image_shape=facts.image_shape,
        n_features=facts.n_features,
        class_names=tried.class_names,
        contestants=[
            ContestantShown(name=each.name, family=each.family, seed=each.seed, validation_score=each.score)
            for each in tried.entries
        ],
        missing=dict(tried.missing),
        n_validation_rows=0 if tried.held is None else len(tried.held.rows),
        why_no_validation_rows=tried.why_not_held,
        version=__version__,
    )


def _runs(workspace: Path) -> list[OtherRun]:
    if not (workspace / "bakeoff.sqlite").exists():
        return []
    with Store(workspace, read_only=True) as store:
        records = list(store.runs())[:_MOST_RUNS]
    found = []
    for record in records:
        metric, scores = None, []
        try:
            results = _run_of(workspace, record.folder).results
            metric = str(results["protocol"]["primary_metric"])
            for entry in results["contestants"]:
                score = ((entry["validation"] or {}).get(metric) or {}).get("mean")
                scores.append(ClassSaid(name=str(entry["name"]), value=score))
        except (BakeoffError, KeyError, TypeError):
            metric, scores = None, []  # a study, a search, or a run that did not finish
        found.append(
            OtherRun(
                name=record.folder,
                created=record.created,
                status=record.status,
                verdict=record.verdict,
                metric=metric,
                scores=scores,
            )
        )
    return found


def _said(tried: TriedRun, row: Rows, said: Sequence[Predictions], notes: Sequence[str], truth: str | None) -> Said:
    contestants = [
        _contestant_said(entry.name, each, tried.class_names) for entry, each in zip(tried.entries, said, strict=True)
    ]
    images = as_images(row, tried.facts)
    seen = None
    if images is not None:
        seen = "data:image/png;base64," + base64.b64encode(_as_png(images[0])).decode("ascii")
    agree = len({each.label for each in contestants}) <= 1
    return Said(contestants=contestants, agree=agree, notes=list(notes), seen=seen, truth=truth)


def _as_png(image: Any) -> bytes:
    """(height, width, channels) pixels as they are: the page makes them large."""
    stream = BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(stream, "PNG")
    return stream.getvalue()


def _contestant_said(name: str, said: Predictions, class_names: Sequence[str]) -> ContestantSaid:
    label = int(said.labels[0])
    values, kind = said.probabilities, "probabilities"
    if values is None:
        values, kind = said.scores, "scores" if said.scores is not None else "labels"
    row = np.full(len(class_names), np.nan) if values is None else values[0]
    classes = [
        ClassSaid(name=own, value=float(value) if np.isfinite(value) else None)
        for own, value in zip(class_names, row, strict=True)
    ]
    shown = class_names[label] if 0 <= label < len(class_names) else "(an unused output)"
    return ContestantSaid(name=name, kind=kind, label=shown, classes=classes)
