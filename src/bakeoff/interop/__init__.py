"""Models of other libraries: in and out."""

from bakeoff.interop._exporting import FORMATS, Model, ask_file, convert, formats_of
from bakeoff.interop._keras_fit import KerasWarning, fit
from bakeoff.interop._keras_models import from_keras, network_from_keras, to_keras

__all__ = [
    "FORMATS",
    "KerasWarning",
    "Model",
    "ask_file",
    "convert",
    "fit",
    "formats_of",
    "from_keras",
    "network_from_keras",
    "to_keras",
]
