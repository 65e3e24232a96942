"""No dependency may be of a version with a hole that is published."""

import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
HOLES = tomllib.loads((ROOT / "tests" / "known_holes.toml").read_text())["hole"]
BELOW = {canonicalize_name(hole["package"]): Version(hole["below"]) for hole in HOLES}


def pinned() -> Iterator[tuple[str, Version]]:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            (specifier,) = requirement.specifier
            assert specifier.operator == "==", line
            yield canonicalize_name(requirement.name), Version(specifier.version)


def asked_for() -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    for each in [*lists, *project["dependency-groups"].values()]:
        yield from map(Requirement, each)


def test_every_hole_is_of_something_that_is_used() -> None:
    assert set(BELOW) <= {name for name, _ in pinned()}


@pytest.mark.parametrize("name", sorted(BELOW))
def test_what_is_tested_with_has_no_known_hole(name: str) -> None:
    versions = [version for own, version in pinned() if own == name]
    assert versions
    assert all(version >= BELOW[name] for version in versions)


def test_no_version_with_a_known_hole_can_be_installed_with_us() -> None:
    """What is asked for by name has a lower bound above its holes."""
    named = 0
    for requirement in asked_for():
        below = BELOW.get(canonicalize_name(requirement.name))
        if below is None:
            continue
        lowest = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
        assert lowest, requirement
        assert lowest[0] >= below, requirement
        named += 1
    assert named >= 8


def test_what_is_installed_here_has_no_known_hole() -> None:
    for name, below in BELOW.items():
        try:
            installed = Version(metadata.version(name))
        except metadata.PackageNotFoundError:
            continue
        assert installed >= below, name
