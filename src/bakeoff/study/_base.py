"""The network that a study varies: small, so that many of it can be trained, and named, so that another can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bakeoff.contestants import Facts, make_contestant
from bakeoff.errors import SettingsError
from bakeoff.recipe import load_recipe

__all__ = ["BASES", "Base", "make_base"]

_ROWS_SEEN = 200_000
"""By the small network in training."""

_SMALL: Mapping[str, Any] = MappingProxyType(
    {
        "hidden_layer_sizes": [64, 64],
        "optimizer": "adam",
        "schedule": "constant",
        "dropout": 0.0,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "augment": "none",
    }
)

BASES: Mapping[str, str] = MappingProxyType(
    {
        "small": "two layers of 64 units, Adam at a constant rate, nothing against over-fitting",
        "default": "what `dense` does by default, but images as they are",
    }
)


@dataclass(frozen=True, slots=True)
class Base:
    """A dense network with its settings as they were given; numbers of epochs and batch size always among them.

    Parameters
    ----------
    name : str
    family : str
        ``dense`` or ``dense:plain``.
    settings : mapping
    """

    name: str
    family: str
    settings: Mapping[str, Any]


def make_base(given: str | Path, facts: Facts) -> Base:
    """A base by its name, or a dense contestant of a recipe.

    Parameters
    ----------
    given : str
        One of `BASES`, or ``RECIPE.yaml`` or ``RECIPE.yaml:CONTESTANT``.
    facts : Facts

    Raises
    ------
    SettingsError
        If there is no such base or contestant, or it is not a dense network.
    RecipeError
        If the recipe cannot be read.
    """
    text = str(given)
    if text == "small":
        epochs = min(40, max(10, round(_ROWS_SEEN / facts.n_train)))
        name, family, settings = text, "dense", {**_SMALL, "epochs": epochs}
    elif text == "default":
        name, family, settings = text, "dense", {"augment": "none"}
    else:
        name, family, settings = _of_recipe(text)
    resolved = make_contestant("base", family, settings).resolve(facts)
    fixed = {key: resolved[key] for key in ("epochs", "batch_size", "hidden_layer_sizes")}
    return Base(name, family, {**settings, **fixed, "train_scores": "none"})


def _of_recipe(text: str) -> tuple[str, str, dict[str, Any]]:
    path, _, wanted = text.partition(".yaml:") if ".yaml:" in text else (text, "", "")
    if wanted:
        path += ".yaml"
    if not path.lower().endswith((".yaml", ".yml", ".json")):
        raise SettingsError(
            f"base must be {', '.join(BASES)}, or RECIPE.yaml:CONTESTANT with a dense network. Got {text!r:.200}."
        )
    entries = load_recipe(Path(path)).contestants or ()
    networks = [entry for entry in entries if entry.family in ("dense", "dense:plain")]
    first = networks[0] if networks and not wanted else None
    chosen = next((entry for entry in networks if entry.name == wanted), first)
    if chosen is None:
        known = ", ".join(entry.name for entry in networks) or "none"
        raise SettingsError(f"base: {path} has no dense network {wanted!r:.100}; it has {known}.")
    return f"{Path(path).stem}:{chosen.name}", chosen.family, dict(chosen.settings)
