"""The frozen description of a bake-off, with YAML and JSON round trip.

A recipe says what data, which protocol, which contestants and which published figures to check. It holds no code
and imports none: a contestant's settings are an opaque mapping here, which the contestant itself validates.
"""

from bakeoff.recipe._claim_file import load_claims
from bakeoff.recipe._claim_text import parse_claim
from bakeoff.recipe._recipe import Claim, ContestantEntry, DataEntry, Protocol, Recipe, is_reserved_name, name_of_family
from bakeoff.recipe._text import dump_recipe, load_recipe, parse_recipe, validate_recipe

__all__ = [
    "Claim",
    "ContestantEntry",
    "DataEntry",
    "Protocol",
    "Recipe",
    "dump_recipe",
    "is_reserved_name",
    "load_claims",
    "load_recipe",
    "name_of_family",
    "parse_claim",
    "parse_recipe",
    "validate_recipe",
]
