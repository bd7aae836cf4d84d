"""Text that a spreadsheet must not take for a formula."""

import re
from typing import Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "|", "%")
"""A cell that begins so is worked out by some spreadsheet; a name must never be (T24)."""

QUOTE: Final = "'"
"""Before a text it says to every spreadsheet that this is a text."""

_INVISIBLE_STARTS: Final = " \u00a0\ufeff\u200b"

_AFTER_A_SEPARATOR: Final = re.compile(r"""([,;|]["'\s]*)([=+\-@])""")
"""A spreadsheet that takes a file to be parted by another sign begins a cell there."""


def harmless(text: str) -> str:
    """Return a text on one line that no spreadsheet works out.

    A tab or the end of a line would begin a new cell where a file is read with other
    settings than ours, so they become spaces.
    """
    spaced = "".join(" " if sign in "\t\r\n\v\f\x85\u2028\u2029" else sign for sign in text)
    kept = "".join(sign for sign in spaced if sign.isprintable() or sign == "\u00a0")
    begins_so = kept.lstrip(_INVISIBLE_STARTS).startswith(FORMULA_STARTS)
    return f"{QUOTE}{kept}" if begins_so else kept


def harmless_in_line(text: str) -> str:
    """Return a text that stays harmless where a line is cut at the wrong signs."""
    return _AFTER_A_SEPARATOR.sub(rf"\1{QUOTE}\2", harmless(text))
