"""A figure as SVG inside a page: it takes the page's colours and font, and its names clash with no other figure's."""

import re
from xml.etree import ElementTree

from bakeoff.report.figures import THEME

__all__ = ["inline_svg"]

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_COLOURS = {value: name for name, value in THEME.items()}
_LONG_NUMBER = re.compile(r"(\d+\.\d{2})\d+")


def inline_svg(svg: bytes, name: str, description: str) -> str:
    """A figure, saved by `save_svg`, as an ``<svg>`` element for HTML.

    The theme's colours become the page's variables (``var(--ink)``), so that it is read on a light and on a dark page.

    Parameters
    ----------
    svg : bytes
    name : str
        Unique in the page; stands before each of the figure's own names.
    description : str
        For those who cannot see it.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - Matplotlib wrote it just now
    for parent in root.iter():
        for child in [child for child in parent if child.tag == f"{_SVG}metadata"]:
            parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        element.attrib = {key: _attribute(key, value, name) for key, value in element.attrib.items() if key != "id"} | (
            {"id": f"{name}-{element.attrib['id']}"} if "id" in element.attrib else {}
        )
        if _LINK in element.attrib:
            element.attrib["href"] = element.attrib.pop(_LINK)
    _make_root(root, description)
    return ElementTree.tostring(root, encoding="unicode")


def _attribute(key: str, value: str, name: str) -> str:
    if key == "style":
        value = re.sub(r"#[0-9a-f]{6}\b", lambda match: _page_colour(match[0]), value)
        value = re.sub(r"font-family:[^;]*;?|font-family:.*$", "", value)
        value = re.sub(r"(font: [^;]*?px) [^;]*", r"\1 var(--sans)", value)
    if key in {"d", "transform", "points"}:
        value = _LONG_NUMBER.sub(r"\1", value)
    if key == _LINK and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    return value.replace("url(#", f"url(#{name}-")


def _page_colour(colour: str) -> str:
    return f"var(--{_COLOURS[colour]})" if colour in _COLOURS else colour


def _make_root(root: ElementTree.Element, description: str) -> None:
    """The page decides the size; the picture of the paper goes, since the page has its own."""
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-label", description)
    ground = root.find("g/g")
    if ground is not None and "patch" in ground.get("id", ""):
        root.find("g").remove(ground)  # type: ignore[union-attr]  # g/g was found in it
