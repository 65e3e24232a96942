"""Text of strangers, made fit to be kept and shown."""

__all__ = ["encodable", "shortened"]

_MOST_CHARACTERS = 120


def encodable(text: str) -> str:
    r"""The text as UTF-8 can hold it: a file's name from another system, or a JSON escape, may hold half a character.

    Examples
    --------
    >>> print(encodable("m\udcfcller"), encodable("müller"))
    m\udcfcller müller
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(value: object) -> str:
    """A value in one short line."""
    text = encodable(" ".join(str(value).split()))
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
