"""Plain text: UTF-8, and the three layouts that are told apart by their lines."""

from __future__ import annotations

import re
from typing import Final

from model.corpus.poems import RawPoem
from model.errors import CorpusError
from model.script import HAN

_HAN_CHARACTER: Final = re.compile(f"[{HAN}]")
_MARK: Final = re.compile("[，。！？；,.!?;]")
# A title has no verse's punctuation before its colon, and is not long.
_TITLED: Final = re.compile(r"([^:：，。！？；,!?;]{0,80})[:：](.+)")
_BLANK: Final = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


def decode(content: bytes, name: str) -> str:
    """The text; a byte-order mark is taken off. Encodings are not guessed: a wrong guess reads as other characters.

    Raises:
        CorpusError: not UTF-8; the first wrong byte is named.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + (len(content) - len(error.object))
        raise CorpusError(f"{name} is not UTF-8 (byte {offset}): save it in the encoding UTF-8", "encoding") from error


def parse_text(content: bytes, name: str) -> list[RawPoem]:
    """The poems of a text file; none where its lines are no Chinese text.

    Raises:
        CorpusError: not UTF-8.
    """
    text = decode(content, name).replace("\r\n", "\n").replace("\r", "\n").strip()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if 2 * sum(1 for line in lines if _HAN_CHARACTER.search(line)) < len(lines):
        return []
    titled = [_TITLED.fullmatch(line) for line in lines]
    if 2 * sum(match is not None for match in titled) > len(lines):
        return [
            RawPoem((match[2],), match[1]) if match else RawPoem((line,))
            for line, match in zip(lines, titled, strict=True)
        ]
    blocks = [[line.strip() for line in block.split("\n")] for block in _BLANK.split(text)]
    if 1 < len(blocks) < len(lines):
        return [_block(block) for block in blocks]
    return [RawPoem((line,)) for line in lines]


def _block(lines: list[str]) -> RawPoem:
    """A poem of several lines; those before it without punctuation, where it has some, are its title and its author."""
    first = next((number for number, line in enumerate(lines) if _MARK.search(line)), 0)
    if first == 0 and len(lines) > 2 and len({len(line) for line in lines[1:]}) == 1 and len(lines[0]) != len(lines[1]):
        first = 1
    head = lines[:first] if first <= 2 else []
    title, author, *_ = *head, "", ""
    return RawPoem(tuple(lines[len(head) :]), title, author)
