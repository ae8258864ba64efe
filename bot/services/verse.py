"""Finding the poem in a text that a person wrote."""

import re
import unicodedata
from typing import Final

from bot.services.refusals import NoVerse
from model.forms import Form
from model.script import HAN, is_han, unify

LONGEST_TEXT: Final = 6_000
FEWEST_CHARACTERS: Final = 5
_LINE: Final = re.compile(f"[{HAN}]+")
_SMALL_PRINT: Final = "-#"
_HEADING: Final = re.compile(r"#{1,3} ")
_MARKDOWN: Final = str.maketrans("", "", "*_~`|\\>")  # it would part a line
_UNSEEN: Final = {"Cc", "Cf", "Mn", "Me"}
# Mentions, emoji of servers, times; addresses.
_TOKENS: Final = re.compile(r"<[^<>\s]{1,200}>|https?://\S+")


def verse_in(text: str) -> str:
    """The lines of text that hold Chinese verse.

    Small print and headings are left out, and so are lines with other scripts in them, unless it takes all lines to
    make a form. What stands there without marks or breaks, and is as long as a form, comes in its lines.

    Raises:
        NoVerse: there is none.
    """
    lines = [_TOKENS.sub(" ", line) for line in _visible(text).splitlines()]
    lines = [line.translate(_MARKDOWN) for line in lines if not line.lstrip().startswith(_SMALL_PRINT)]
    chinese = [line for line in lines if not _has_letters(line) and not _HEADING.match(line)]
    texts = ["\n".join(line.strip() for line in some if any(map(is_han, line))) for some in (chinese, lines)]
    found = [text for text in texts if sum(map(is_han, text)) >= FEWEST_CHARACTERS]
    if not found:
        raise NoVerse
    return _in_lines(next((text for text in found if Form.detect(_LINE.findall(text))), found[0]))


def _in_lines(text: str) -> str:
    """A poem that somebody typed in one go, broken into its lines: by its length no two forms are alike."""
    runs = _LINE.findall(text)
    for form in Form:
        if len(runs) == 1 and len(runs[0]) == form.line_count * form.line_length:
            places = range(0, len(runs[0]), form.line_length)
            return "\n".join(runs[0][start : start + form.line_length] for start in places)
    return text


def _visible(text: str) -> str:
    """Without characters that cannot be seen: they would part a line."""
    unified = unify(text[:LONGEST_TEXT])
    return "".join(char for char in unified if char.isspace() or unicodedata.category(char) not in _UNSEEN)


def _has_letters(line: str) -> bool:
    """Letters that are not Chinese characters."""
    return any(char.isalpha() and not is_han(char) for char in line)
