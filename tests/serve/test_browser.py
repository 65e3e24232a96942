"""The page in a real Chromium, where there is one."""

import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bakeoff.serve import Address, TriedRun, make_app, serve

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.filterwarnings("ignore"),  # of the browser's own pipes
]


@pytest.fixture(scope="module")
def address(tried: TriedRun, workspace: Path) -> str:
    """The page, served as `bakeoff serve` does; it ends with this process."""
    known = threading.Event()
    told: list[str] = []

    def ready(where: str) -> None:
        told.append(where)
        known.set()

    here = Address(port=0)
    rules = here.rules()
    arguments = (make_app(tried, workspace, rules), here, rules, ready)
    threading.Thread(target=serve, args=arguments, daemon=True).start()
    assert known.wait(30)
    return told[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page, open; whatever it complains of or asks elsewhere is an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda asked: None if is_own(asked.url, address) else problems.append(asked.url))
    opened.goto(address)
    opened.get_by_role("tab", name="Draw").wait_for()
    yield opened
    assert not problems
    context.close()


def is_own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def bars(page: Any) -> dict[str, list[str]]:
    """The classes that each contestant shows, the one that it says first."""
    page.locator(".contestant").first.wait_for()
    return {
        article.locator("h3").inner_text().split(":")[0]: article.locator("li span:first-child").all_inner_texts()
        for article in page.locator(".contestant").all()
    }


def test_a_stroke_is_answered_with_bars_of_every_contestant(page: Any) -> None:
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 40, steps=12)
    page.mouse.up()
    said = bars(page)
    assert set(said) == {"bayes", "svc"}
    assert all(sorted(classes) == [str(digit) for digit in range(10)] for classes in said.values())
    widths = page.locator(".contestant .bar i").evaluate_all(
        "bars => bars.map(bar => bar.getBoundingClientRect().width)"
    )
    assert max(widths) > 50
    assert page.locator("#seen").is_visible()
    assert page.locator("#state").inner_text()


def test_the_board_is_drawn_on_with_the_keyboard_alone(page: Any) -> None:
    page.locator("#canvas").focus()
    for key in (" ", *["ArrowDown"] * 6, *["ArrowLeft"] * 3, " "):
        page.keyboard.press(key)
    assert set(bars(page)) == {"bayes", "svc"}
    page.get_by_role("tab", name="Draw").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-picture").is_visible()


def test_a_picture_is_uploaded_and_what_is_none_is_refused_in_words(page: Any) -> None:
    page.get_by_role("tab", name="Picture").click()
    stream = io.BytesIO()
    Image.fromarray(np.full((64, 48, 3), 128, np.uint8)).save(stream, "PNG")
    page.locator("#file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": stream.getvalue()})
    assert set(bars(page)) == {"bayes", "svc"}
    assert "Cropped to the middle" in page.locator("#seen-text").inner_text()
    page.locator("#file").set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": b"<script>alert(1)"})
    page.get_by_text("no PNG or JPEG").wait_for()
    large = {"name": "c.png", "mimeType": "image/png", "buffer": b"x" * 5_000_001}
    page.locator("#file").set_input_files(large)
    page.get_by_text("A picture may have 5 MB.").wait_for()


def test_validation_rows_are_stepped_through_with_the_truth_beside_them(page: Any, tried: TriedRun) -> None:
    assert tried.held is not None
    page.get_by_role("tab", name="Validation rows").click()
    page.get_by_text(f"It is {tried.class_names[tried.held.labels[0]]}.").wait_for()
    page.locator("#after").click()
    page.get_by_text(f"It is {tried.class_names[tried.held.labels[1]]}.").wait_for()
    assert page.locator("#row").input_value() == "2"
    page.get_by_role("button", name="Next where they disagree").click()
    page.locator("#state.differ").wait_for()
    assert page.locator(".contestant.odd").count() == 1


def test_it_loads_little_and_fits_a_telephone_in_light_and_dark(browser: Any, address: str) -> None:
    for width, scheme in ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        sizes: list[int] = []
        page.on("response", lambda answer, sizes=sizes: sizes.append(len(answer.body())))
        page.goto(address)
        page.get_by_role("tab", name="Validation rows").click()
        page.locator(".contestant").first.wait_for()
        assert sum(sizes) < 300_000
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark == "rgb(16, 20, 25)") == (scheme == "dark")
        context.close()
