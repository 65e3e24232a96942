"""A dense network as one safetensors file: its arrays, and in the header what they are."""

import json
from collections.abc import Mapping, Sequence

from bakeoff.contestants import MODEL_JSON, MODEL_TENSORS
from bakeoff.errors import DataError

__all__ = ["from_safetensors", "to_safetensors"]

_NETWORK, _CLASSES = "network", "classes"


def to_safetensors(files: Mapping[str, bytes], class_names: Sequence[str]) -> bytes:
    """One file of the two that a fit left.

    Parameters
    ----------
    files : mapping of file name to bytes
    class_names : sequence of str
        Written into the header, too.
    """
    from safetensors.numpy import load, save  # noqa: PLC0415

    header = {
        _NETWORK: json.dumps(json.loads(files[MODEL_JSON])),
        _CLASSES: json.dumps(list(class_names), ensure_ascii=False),
    }
    content: bytes = save(load(files[MODEL_TENSORS]), metadata=header)
    return content


def from_safetensors(content: bytes) -> dict[str, bytes]:
    """The two files again.

    Raises
    ------
    DataError
        If the header does not describe a network.
    """
    length = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + min(length, 10_000_000)])
        description = header["__metadata__"][_NETWORK]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError("the file's header does not describe a network.") from None
    return {MODEL_TENSORS: content, MODEL_JSON: description.encode()}
