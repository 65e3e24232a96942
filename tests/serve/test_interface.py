"""The JSON interface says what the models say, and refuses what it must."""

import asyncio
import io
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bakeoff import api
from bakeoff.contest import find_model
from bakeoff.contestants import Predictions, predict_with
from bakeoff.serve import Address, Rules, TriedRun, make_app
from bakeoff.serve._batches import Batches, Overloaded

HERE = "http://127.0.0.1:8000"
Talk = Callable[[httpx.AsyncClient], Awaitable[Any]]


def talk(tried: TriedRun, workspace: Path, talk: Talk, rules: Rules | None = None, address: str = HERE) -> Any:
    """Let a client talk to the application."""

    async def run() -> Any:
        app = make_app(tried, workspace, rules)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client:
            return await talk(client)

    return asyncio.run(run())


def get(path: str, **others: Any) -> Talk:
    return lambda client: client.get(path, **others)


def post(path: str, **others: Any) -> Talk:
    return lambda client: client.post(path, **others)


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_a_row_is_answered_by_every_model_with_what_predict_says(tried: TriedRun, workspace: Path) -> None:
    rows, _ = load_digits(return_X_y=True)
    run = api.open_run("latest", workspace)
    said = talk(tried, workspace, post("/api/predict/row", json={"row": rows[7].tolist()})).json()
    for each in said["contestants"]:
        kept = find_model(run, each["name"])
        expected = predict_with(kept.files, rows[7:8].astype(np.uint8), kept.facts)
        values = expected.probabilities if each["kind"] == "probabilities" else expected.scores
        assert values is not None
        np.testing.assert_allclose([one["value"] for one in each["classes"]], values[0], rtol=1e-6)
        assert each["label"] == tried.class_names[expected.labels[0]]
    assert {each["name"]: each["kind"] for each in said["contestants"]} == {"bayes": "probabilities", "svc": "scores"}
    assert said["agree"] == (len({each["label"] for each in said["contestants"]}) == 1)
    assert said["seen"].startswith("data:image/png;base64,")


def test_a_picture_is_the_row_that_it_shows(tried: TriedRun, workspace: Path) -> None:
    rows, _ = load_digits(return_X_y=True)
    pixels = np.rint(rows[7].reshape(8, 8) * 255 / 16).astype(np.uint8)
    as_picture = talk(tried, workspace, post("/api/predict", content=png(pixels))).json()
    as_row = talk(tried, workspace, post("/api/predict/row", json={"row": rows[7].tolist()})).json()
    assert as_picture["contestants"] == as_row["contestants"]
    assert any("Brightness" in note for note in as_picture["notes"])


def test_a_drawing_is_put_into_the_middle_by_its_mass(tried: TriedRun, workspace: Path) -> None:
    board = np.zeros((280, 280), np.uint8)
    board[10:60, 20:40] = 255  # a stroke in a corner
    said = talk(tried, workspace, post("/api/predict", params={"drawing": True}, content=png(board))).json()
    _, _, content = said["seen"].partition("base64,")
    import base64  # noqa: PLC0415

    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("L"), float)
    side = seen.shape[0]
    middle = [(seen.sum(axis=1 - axis) @ np.arange(side)) / seen.sum() for axis in (0, 1)]
    np.testing.assert_allclose(middle, (side - 1) / 2, atol=side / 8)  # a pixel of the eight
    blank = talk(tried, workspace, post("/api/predict", params={"drawing": True}, content=png(board * 0)))
    assert blank.status_code == 200


def test_validation_rows_come_with_what_they_are(tried: TriedRun, workspace: Path) -> None:
    assert tried.held is not None
    said = talk(tried, workspace, get("/api/rows/3")).json()
    assert said["truth"] == tried.class_names[tried.held.labels[3]]
    for number in (-1, len(tried.held.rows), 10**9):
        assert talk(tried, workspace, get(f"/api/rows/{number}")).status_code == 404
    assert talk(tried, workspace, get("/api/rows/x")).status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/api/predict/row", b'{"row": [1, 2]}', "must have 64 numbers"),
        ("/api/predict/row", json.dumps({"row": [17] * 64}).encode(), "pixels must lie in 0..16"),
        ("/api/predict/row", b'{"row": [' + b"1e999," * 63 + b"1]}", None),
        ("/api/predict/row", b'{"row": [NaN' + b",1" * 63 + b"]}", None),
        ("/api/predict/row", b'{"rows": []}', None),
        ("/api/predict/row", b"[" * 100_000, None),
        ("/api/predict", b"", "no PNG or JPEG"),
        ("/api/predict", b"GIF89a", "no PNG or JPEG"),
        ("/api/predict", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "broken picture"),
        ("/api/predict?drawing=true", b"<svg/>", "no PNG or JPEG"),
        ("/api/predict?drawing=perhaps", b"", None),
    ],
)
def test_what_is_no_picture_or_row_is_refused_in_words(
    tried: TriedRun, workspace: Path, path: str, body: bytes, why: str | None
) -> None:
    answer = talk(tried, workspace, post(path, content=body, headers={"content-type": "application/json"}))
    assert answer.status_code in (400, 422)
    assert why is None or why in answer.json()["detail"]


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(tried: TriedRun, workspace: Path) -> None:
    bomb = png(np.zeros((5000, 5000), np.uint8))
    assert len(bomb) < 100_000
    answer = talk(tried, workspace, post("/api/predict", content=bomb))
    assert answer.status_code == 422
    assert "pixels" in answer.json()["detail"]


def test_large_bodies_are_refused_by_what_they_say_and_by_what_they_are(tried: TriedRun, workspace: Path) -> None:
    large = b"x" * 5_000_001
    assert talk(tried, workspace, post("/api/predict", content=large)).status_code == 413

    async def chunks() -> Any:
        for _ in range(6):
            yield b"x" * 1_000_000

    answer = talk(tried, workspace, lambda client: client.post("/api/predict", content=chunks()))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8000"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": ""}, 421),
        ({"origin": HERE}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"content-length": "-3"}, 400),
        ({"content-length": "9" * 30}, 413),
    ],
    ids=str,
)
def test_foreign_hosts_and_pages_are_refused(
    tried: TriedRun, workspace: Path, headers: dict[str, str], status: int
) -> None:
    assert talk(tried, workspace, get("/api/run", headers=headers)).status_code == status


def test_off_this_machine_a_token_is_asked_for_and_names_are_not_believed(tried: TriedRun, workspace: Path) -> None:
    rules = Address("0.0.0.0", 8000, ["lab.example"]).rules()
    there = "http://192.0.2.7:8000"
    assert rules.token is not None
    assert len(rules.token) >= 32

    def status(path: str, address: str = there, **headers: str) -> int:
        return int(talk(tried, workspace, get(path, headers=headers), rules, address).status_code)

    assert status("/api/run") == 401
    assert status("/api/run?token=wrong") == 401
    assert status("/api/run", authorization="Bearer wrong") == 401
    assert status("/api/run", authorization=f"Bearer {rules.token}") == 200
    assert status("/api/run", cookie=f"bakeoff-token={rules.token}") == 200
    assert status("/api/run", cookie="bakeoff-token=;;;=") == 401
    assert status(f"/api/run?token={rules.token}", "http://evil.example") == 421
    assert status(f"/api/run?token={rules.token}", "http://lab.example") == 200
    first = talk(tried, workspace, get(f"/?token={rules.token}"), rules, there)
    assert first.status_code == 200
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    for loopback in ("127.0.0.1", "localhost", "::1", "127.0.0.9"):
        assert Address(loopback).rules().token is None


def test_the_page_asks_nobody_else_and_is_small(tried: TriedRun, workspace: Path) -> None:
    total = 0
    for path in ("/", "/page.css", "/page.js"):
        answer = talk(tried, workspace, get(path))
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "http://" not in answer.text
        assert "https://" not in answer.text
        assert "innerHTML" not in answer.text
        total += len(answer.content)
    assert total < 60_000
    assert talk(tried, workspace, get("/docs")).status_code == 404


def test_runs_of_the_workspace_are_listed_and_their_reports_are_found_by_plain_names_alone(
    tried: TriedRun, workspace: Path
) -> None:
    (one,) = talk(tried, workspace, get("/api/runs")).json()
    assert one["name"] == tried.run.name
    assert one["verdict"] == tried.run.verdict
    report = talk(tried, workspace, get("/report", params={"run": one["name"]}))
    assert report.content == (tried.run.folder / "report.html").read_bytes()
    assert "script" not in report.headers["content-security-policy"]
    for name in ("..", "../..", "/etc", ".", "", "none", "a\0b", f"{one['name']}/../{one['name']}"):
        assert talk(tried, workspace, get("/report", params={"run": name})).status_code == 404


def test_the_interface_describes_itself(tried: TriedRun, workspace: Path) -> None:
    described = talk(tried, workspace, get("/openapi.json")).json()
    assert set(described["paths"]) == {
        "/api/run", "/api/runs", "/api/predict", "/api/predict/row", "/api/rows/{number}",
    }  # fmt: skip
    assert "image/png" in described["paths"]["/api/predict"]["post"]["requestBody"]["content"]


def test_requests_that_wait_are_answered_together_and_too_many_are_refused() -> None:
    sizes: list[int] = []
    go = threading.Event()

    def slow(rows: np.ndarray) -> list[Predictions]:
        sizes.append(len(rows))
        go.wait(10)
        return [Predictions(rows[:, 0].astype(np.int32), rows.astype(np.float32))]

    async def run() -> None:
        batches = Batches(slow, most_waiting=8, largest=5)
        asked = [asyncio.create_task(batches.predict(np.zeros((1, 2))))]
        await asyncio.sleep(0.2)  # it is being answered; the others wait
        asked += [asyncio.create_task(batches.predict(np.full((1, 2), number))) for number in range(1, 9)]
        await asyncio.sleep(0.2)
        assert batches.is_full
        with pytest.raises(Overloaded):
            await batches.predict(np.zeros((1, 2)))
        go.set()
        answers = await asyncio.gather(*asked)
        assert [int(answer[0].labels[0]) for answer in answers] == list(range(9))
        batches.close()

    asyncio.run(run())
    assert sizes == [1, 5, 3]


def test_a_model_that_fails_is_an_error_of_that_request_alone() -> None:
    def picky(rows: np.ndarray) -> list[Predictions]:
        if rows[0, 0] < 0:
            raise ValueError("no")
        return [Predictions(np.zeros(len(rows), np.int32))]

    async def run() -> None:
        batches = Batches(picky)
        with pytest.raises(ValueError, match="no"):
            await batches.predict(np.full((1, 2), -1.0))
        assert (await batches.predict(np.ones((1, 2))))[0].labels.tolist() == [0]
        batches.close()

    asyncio.run(run())
