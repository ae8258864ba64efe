"""From a path to a corpus: read, cleaned, without duplicates, in an order of its own."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.corpus.cleaning import LONGEST_POEM, Cleaner, CleaningReport, Rule
from model.corpus.json_layout import DYNASTIES, stated_dynasty
from model.corpus.readers import read_sources
from model.errors import CorpusError
from model.script import Script, normalise, script_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from model.corpus.poems import SourcePoem

Order = tuple[int, list[tuple[int, str]]]

_LOST: Final = "囗"
_SCRIPT_SAMPLE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """A cleaned corpus.

    Attributes:
        poems: Tang before Song, then by the files' names, numbers as numbers: the same for a folder and its archive.
        set_aside: well-formed poems that are not among `poems`: they repeat an earlier one, in this script or the
        other, or
            hold a 囗.
        fingerprint: sha256 (hex) of the cleaned texts in their order.
        script: the script that most poems are in.
    """

    poems: list[SourcePoem]
    set_aside: list[SourcePoem]
    report: CleaningReport
    fingerprint: str
    script: Script


def load_corpus(path: Path, dynasties: Collection[str] = (), *, longest: int = LONGEST_POEM) -> Corpus:
    """Read and clean a corpus in any of the formats of `readers`.

    Args:
        path: a file, a folder or a .tar.* archive.
        dynasties: keep only "tang" or "song" poems where the source states the dynasty; empty for all.
        longest: characters of the longest poem that is kept, its punctuation counted.

    Raises:
        CorpusError: nothing is there, it cannot be read, or no poem is left.
    """
    cleaner = Cleaner(longest)
    files: list[tuple[Order, list[SourcePoem]]] = []
    for name, raws in read_sources(path, dynasties):
        cleaned = [poem for raw in raws if (poem := cleaner.clean(raw)) is not None]
        files.append((_order(name), cleaned))
    files.sort(key=lambda file: file[0])
    report = cleaner.report
    poems, set_aside = _set_aside([poem for _, cleaned in files for poem in cleaned], report)
    if not poems:
        reasons = ", ".join(f"{rule}: {count}" for rule, count in report.dropped.items())
        raise CorpusError(
            f"{path} leaves no poem of the {report.read} read ({reasons or 'none'}): give poems in Chinese characters",
            "no_poems",
        )
    report.kept = len(poems)
    digest = hashlib.sha256("\n".join(poem.text for poem in poems).encode())
    return Corpus(poems, set_aside, report, digest.hexdigest(), _script_of(poems))


def _order(name: str) -> Order:
    """A key to sort files by: dynasties in their order, then names with their numbers as numbers.

    The Tang part of a larger corpus so reads as the Tang part alone, duplicates included.
    """
    dynasty = stated_dynasty(name)
    rank = DYNASTIES.index(dynasty) if dynasty else len(DYNASTIES)
    parts = re.split(r"0*([0-9]+)", name)
    # A longer number is a larger one; int() would refuse thousands of digits.
    return rank, [(len(part), part) if number % 2 else (0, part) for number, part in enumerate(parts)]


def _set_aside(poems: list[SourcePoem], report: CleaningReport) -> tuple[list[SourcePoem], list[SourcePoem]]:
    """The poems to keep and the others, which are counted.

    Of poems with one text the first is kept; script, glyph variants and punctuation make no difference. 囗 is a
    character of its own, which no verse has: editors write it for a lost one.
    """
    seen: set[bytes] = set()
    kept, others = [], []
    for poem in poems:
        text = normalise(poem.text).replace("，", "").replace("。", "")
        key = hashlib.blake2b(text.encode(), digest_size=16).digest()
        rule = Rule.LOST if _LOST in text else Rule.DUPLICATE if key in seen else None
        if rule is None:
            seen.add(key)
            kept.append(poem)
        else:
            report.dropped[rule] += 1
            others.append(poem)
    return kept, others


def _script_of(poems: list[SourcePoem]) -> Script:
    """The script of evenly spread poems together; simplified where they tell nothing."""
    step = max(1, len(poems) // _SCRIPT_SAMPLE)
    return script_of("".join(poem.text for poem in poems[::step])) or Script.HANS
