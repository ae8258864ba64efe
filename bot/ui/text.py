"""Text of other people, made safe to show."""

import unicodedata

from discord.utils import escape_markdown

# Control, format, surrogate, private, unassigned, marks, line and paragraph separators: they hide, reorder or pile up.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"}


def shown(text: str, limit: int = 24) -> str:
    """The text as text: without Markdown or mentions, invisible characters by their code, cut where it is long."""
    cut = text[:limit]
    visible = "".join(f"U+{ord(char):04X}" if unicodedata.category(char) in _UNSEEN else char for char in cut)
    # A mention needs its "@" or "<" to stand right before the rest; a link its ":" or ".".
    broken = escape_markdown(visible).replace("@", "@\N{ZERO WIDTH SPACE}").replace("<", "<\N{ZERO WIDTH SPACE}")
    broken = broken.replace("://", ":\N{ZERO WIDTH SPACE}//")
    return broken + ("…" if len(text) > limit else "")


def named(characters: str, most: int = 5) -> str:
    """The first few characters, one by one: those that are white space by their code."""
    return " ".join(shown(char) if not char.isspace() else f"U+{ord(char):04X}" for char in characters[:most])
