"""The house of docs/architecture.md: who may import whom, and what is offered."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import bakeoff

ROOT = Path(bakeoff.__file__).parent
ARCHITECTURE = Path(__file__).parents[1] / "docs" / "architecture.md"


def allowed_arrows() -> dict[str, set[str]]:
    """Read the table of docs/architecture.md: room, what lives there, what it may import."""
    arrows: dict[str, set[str]] = {}
    for line in ARCHITECTURE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            for room in re.findall(r"`([a-z_]+)", cells[0]):
                arrows[room] = set(re.findall(r"`([a-z_]+)", cells[2]))
    return arrows


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "bakeoff":
            names = [f"bakeoff.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: imports are absolute here"
        rooms |= {name.split(".")[1] for name in names if name.startswith("bakeoff.")}
    return rooms - {"__version__"}


MODULES = sorted(path for path in ROOT.rglob("*.py") if path not in (ROOT / "__init__.py", ROOT / "__main__.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_rooms_that_its_own_may_know(path: Path) -> None:
    room = room_of(path)
    allowed = allowed_arrows()
    assert room in allowed, f"{room} has no line in {ARCHITECTURE.name}"
    assert imported_rooms(path) - {room} <= allowed[room]


def test_every_room_of_the_table_is_there() -> None:
    rooms = {room_of(path) for path in MODULES}
    assert set(allowed_arrows()) == rooms


def public_modules() -> list[str]:
    names = [name for _, name, _ in pkgutil.walk_packages([str(ROOT)], "bakeoff.")]
    return ["bakeoff", *(name for name in names if not any(part.startswith("_") for part in name.split(".")))]


@pytest.mark.parametrize("name", public_modules())
def test_a_public_module_exports_exactly_what_it_says(name: str) -> None:
    module = importlib.import_module(name)
    exported = module.__all__ if hasattr(module, "__all__") else []
    assert len(exported) == len(set(exported))
    missing = [entry for entry in exported if not hasattr(module, entry)]
    assert not missing
    offered = [getattr(module, entry) for entry in exported]
    named = [value for value in offered if inspect.isfunction(value) or inspect.isclass(value)]
    assert not [value.__name__ for value in named if not (value.__doc__ or "").strip()]


@pytest.mark.parametrize("statement", ["import bakeoff", "import bakeoff.cli"])
def test_importing_the_package_or_its_commands_loads_nothing_heavy(statement: str) -> None:
    heavy = {"jax", "numpy", "sklearn", "matplotlib", "polars", "pydantic", "scipy", "rich"}
    code = f"import sys; {statement}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)


def test_the_versions_agree() -> None:
    assert version("bakeoff") == bakeoff.__version__
