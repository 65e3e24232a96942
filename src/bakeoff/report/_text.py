"""Text that came from data, made fit to be shown: nothing in it can act, and what is odd in it is seen."""

import unicodedata

__all__ = ["shown"]

_NO_NAME = "(no name)"
_JOINERS = "\u200c\u200d"  # zero-width joiners hold words of some scripts, and some emoji, together


def shown(text: object, limit: int = 160) -> str:
    r"""Text on one line, of bounded length, with every character that could act spelt out.

    Control characters (an ANSI escape begins with one), marks that turn the direction of writing, lone surrogates and
    characters that XML cannot hold become escapes such as ``\x1b``. Nothing is escaped for HTML, Markdown or
    Matplotlib here: that is done where the text enters them.

    Parameters
    ----------
    text : object
        Anything; shown as ``str`` shows it.
    limit : int
        The most characters; a longer text loses its middle.

    Examples
    --------
    >>> shown("cat\x1b[31m")
    'cat\\x1b[31m'
    >>> shown("a" * 50, limit=9)
    'aaaa…aaaa'
    >>> shown("")
    '(no name)'
    """
    line = " ".join(str(text).split())
    visible = "".join(_escaped(character) if _acts(character) else character for character in line[: 4 * limit])
    if not visible:
        return _NO_NAME
    if len(visible) <= limit:
        return visible
    head = (limit - 1) // 2
    return visible[: limit - 1 - head] + "…" + visible[len(visible) - head :]


def _acts(character: str) -> bool:
    category = unicodedata.category(character)
    if category in {"Cc", "Cs", "Zl", "Zp"}:
        return True
    if category == "Cf":
        return character not in _JOINERS
    return ord(character) & 0xFFFE == 0xFFFE


def _escaped(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
