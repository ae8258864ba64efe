"""What is taken into the bot's own folder: cleaned poems as JSON, told apart by dynasty."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from model.corpus.files import write_whole
from model.corpus.held_out import shipped
from model.corpus.lines import LineTable
from model.corpus.loading import load_corpus
from model.corpus.splits import split_corpus
from model.corpus.statistics import Statistics
from model.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from model.corpus.poems import SourcePoem

SAMPLES: Final = 3
"""Poems that are shown of a corpus."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A corpus that was taken in.

    Attributes:
        statistics: what it holds, and what cleaning dropped.
        held_out: poems of it that no training sees, for they are listed, or have a line of one that is.
        samples: a few of its texts.
    """

    statistics: Statistics
    held_out: int
    samples: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        return {"statistics": self.statistics.as_json(), "held_out": self.held_out, "samples": list(self.samples)}


def look_at(path: Path) -> tuple[Taken, list[SourcePoem]]:
    """Read, clean and count a corpus in any of the formats of `readers`.

    Raises:
        CorpusError: it cannot be read, or no poem is left.
    """
    corpus = load_corpus(path)
    table = LineTable.of(corpus.poems)
    listed = int((shipped().lists_test(table.poems) | shipped().lists_valid(table.poems)).sum())
    held_out = listed + split_corpus(corpus.poems).dropped
    step = max(1, len(corpus.poems) // SAMPLES)
    samples = [poem.text for poem in corpus.poems[::step][:SAMPLES]]
    return Taken(Statistics.of(corpus), held_out, samples), corpus.poems


def take(path: Path, folder: Path) -> Taken:
    """Read a corpus, and write what is left of it into a folder that `load_corpus` reads.

    Raises:
        CorpusError: it cannot be read, no poem is left, or the folder cannot be written.
    """
    taken, poems = look_at(path)
    write_poems(folder, "part", poems)
    return taken


def take_listed(path: Path, file: Path) -> int:
    """Write the poems of a corpus that the list holds out for testing into one file. Returns how many there are.

    Raises:
        CorpusError: it cannot be read, or the file cannot be written.
    """
    poems = load_corpus(path).poems
    found = shipped().lists_test(LineTable.of(poems).poems)
    listed = [poem for poem, is_listed in zip(poems, found.tolist(), strict=True) if is_listed]
    write_file(file, listed)
    return len(listed)


def write_poems(folder: Path, name: str, poems: Iterable[SourcePoem]) -> None:
    """A file for each dynasty, which its name states.

    Raises:
        CorpusError: the folder cannot be written.
    """
    parts: dict[str, list[SourcePoem]] = defaultdict(list)
    for poem in poems:
        parts[poem.dynasty].append(poem)
    for dynasty, some in parts.items():
        write_file(folder / ".".join(filter(None, [name, dynasty, "json"])), some)


def write_file(file: Path, poems: Iterable[SourcePoem]) -> None:
    """Raises:
    CorpusError: the file cannot be written.
    """
    entries = [
        {"title": poem.title, "author": poem.author, "paragraphs": [poem.text]}
        | ({"weight": poem.weight} if poem.weight > 1 else {})
        for poem in poems
    ]
    try:
        write_whole(file, json.dumps(entries, ensure_ascii=False).encode())
    except OSError as error:
        raise CorpusError(f"{file} cannot be written ({error.strerror}): make room or choose another place") from error
