"""The JSON layout of chinese-poetry: a list of poems with `paragraphs`, `title` (or `rhythmic`) and `author`.

A poem of ours may have a `weight`, too: so often it is read in an epoch.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Final

from model.corpus.poems import RawPoem
from model.corpus.texts import decode
from model.errors import CorpusError

DYNASTIES: Final = ("tang", "song")

_MOST_WEIGHT: Final = 100

_POET_FILE: Final = re.compile(r"poet\.(?:tang|song)\.[0-9]+\.json")


def is_poet_file(name: str) -> bool:
    """Whether a file of this name holds Tang or Song poems: poet.tang.1000.json, in any folder but `error`.

    The repository keeps in 全唐诗/error what its editors have set aside.
    """
    path = PurePosixPath(name)
    return _POET_FILE.fullmatch(path.name) is not None and "error" not in path.parts


def stated_dynasty(name: str) -> str:
    """The dynasty that a file's name states, or ""."""
    return next((dynasty for dynasty in DYNASTIES if f".{dynasty}." in PurePosixPath(name).name), "")


def parse_poems(content: bytes, name: str) -> list[RawPoem]:
    """The poems of one file; the dynasty is the one that its name states.

    Raises:
        CorpusError: the content is no JSON, or JSON of another layout.
    """
    text = decode(content, name)
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also an integer of thousands of digits
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise CorpusError(f"{name} is not JSON that can be read{place}: save or fetch it again", "damaged") from error
    dynasty = stated_dynasty(name)
    if not isinstance(entries, list):
        raise CorpusError(f"{name} is not in the layout of chinese-poetry: a list of poems is expected", "format")
    return [_poem(entry, number, name, dynasty) for number, entry in enumerate(entries, 1)]


def _poem(entry: object, number: int, name: str, dynasty: str) -> RawPoem:
    if isinstance(entry, dict):
        paragraphs = entry.get("paragraphs")
        title = entry.get("title", entry.get("rhythmic", ""))
        author = entry.get("author", "")
        if isinstance(paragraphs, list) and isinstance(title, str) and isinstance(author, str):  # noqa: SIM102
            if all(isinstance(text, str) for text in paragraphs):
                return RawPoem(tuple(paragraphs), title, author, dynasty, _weight(entry))
    raise CorpusError(
        f"{name}, entry {number}, is not in the layout of chinese-poetry: "
        "an object with `paragraphs`, a list of texts, is expected",
        "format",
    )


def _weight(entry: dict[str, object]) -> int:
    """What the entry states, within bounds; 1 where it states no number."""
    weight = entry.get("weight", 1)
    return min(max(weight, 1), _MOST_WEIGHT) if isinstance(weight, int) else 1
