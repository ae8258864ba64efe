"""All that somebody keeps as Markdown to read and as JSON to use, in parts that can be sent."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.store.favorites import Favorite

LARGEST: Final = 8 * 2**20
"""Bytes of a file at the most; more are taken nowhere for sure."""
_AROUND: Final = len(b",\n[\n\n]\n")
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(slots=True)
class Part:
    """Some of the poems in both formats; `first` and `last` count them, from 1."""

    first: int
    last: int = 0
    markdown: bytearray = field(default_factory=bytearray)
    _objects: bytearray = field(default_factory=bytearray)

    @property
    def json(self) -> bytes:
        return b"[\n" + self._objects + b"\n]\n"

    def add(self, number: int, markdown: bytes, entry: bytes) -> None:
        self.last = number
        self.markdown += markdown
        self._objects += (b",\n" if self._objects else b"") + entry

    def has_room(self, markdown: bytes, entry: bytes, most: int) -> bool:
        return len(self.markdown) + len(markdown) <= most and len(self._objects) + len(entry) + _AROUND <= most


async def files_of(
    chunks: AsyncIterator[Sequence[Favorite]], title: str, most_bytes: int = LARGEST
) -> AsyncIterator[Part]:
    """Parts none of whose files is larger than so many bytes, though each has one poem at least."""
    most = min(most_bytes, LARGEST)
    part: Part | None = None
    number = 0
    async for chunk in chunks:
        for favorite in chunk:
            number += 1
            markdown, entry = markdown_of(favorite).encode(), json_of(favorite).encode()
            if part is not None and not part.has_room(markdown, entry, most):
                yield part
                part = None
            if part is None:
                part = Part(number, markdown=bytearray(f"# {escaped(title)}\n".encode()))
            part.add(number, markdown, entry)
    if part is not None:
        yield part


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: CommonMark takes a backslash before any ASCII punctuation."""
    return _PUNCTUATION.sub(r"\\\1", text)


def markdown_of(favorite: Favorite) -> str:
    kept, poem = favorite.kept, favorite.kept.poem
    theme = f" 《{escaped(poem.theme)}》" if poem.theme else ""
    lines = "\\\n".join(escaped(line) for line in poem.text.split("\n"))  # a backslash breaks the line
    facts = [kept.made_at.date().isoformat(), *([poem.form] if poem.form else []), str(poem.seed), poem.weights]
    return f"\n## \\#{kept.id}{theme}\n\n{lines}\n\n{escaped(' · '.join(facts))}\n"


def json_of(favorite: Favorite) -> str:
    kept, poem = favorite.kept, favorite.kept.poem
    entry = {
        "number": kept.id,
        "text": poem.text,
        "traditional": poem.traditional,
        "form": poem.form,
        "theme": poem.theme,
        "start": poem.start,
        "seed": poem.seed,
        "script": poem.script,
        "weights": poem.weights,
        "version": poem.version,
        "made_at": kept.made_at.isoformat(),
        "kept_at": favorite.kept_at.isoformat(),
        "loved": kept.loved,
    }
    return json.dumps(entry, ensure_ascii=False)
