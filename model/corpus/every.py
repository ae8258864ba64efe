"""Reading poems to be judged: every one counts, whatever cleaning would say of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from model.corpus.cleaning import Cleaner, CleaningReport
from model.corpus.poems import SourcePoem
from model.corpus.readers import read_sources
from model.errors import CorpusError
from model.script import HAN, unify

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from model.corpus.poems import RawPoem

_ANY_LENGTH: Final = 2**62
_WITHIN: Final = re.compile("[，,、：:\uff64]")
_AFTER: Final = re.compile(r"[。．.！!？?；;\n]")
_REST: Final = re.compile(f"[^{HAN}，。]")
_MARKS: Final = re.compile("[，。]+")


def load_every_poem(path: Path, dynasties: Collection[str] = ()) -> tuple[list[SourcePoem], CleaningReport]:
    """The poems of a file, folder or archive in any of the formats of `readers`: duplicates and long poems too.

    A poem that a rule of cleaning would drop is read as it stands: all its Chinese characters, and its marks. Only
    poems without any are left out.

    Returns:
        The poems in the order of the source, and what cleaning did and would have dropped.

    Raises:
        CorpusError: nothing is there, it cannot be read, or it has no Chinese characters.
    """
    cleaner = Cleaner(_ANY_LENGTH)
    poems = [
        poem
        for _, raws in read_sources(path, dynasties)
        for raw in raws
        if (poem := cleaner.clean(raw) or _as_it_stands(raw)) is not None
    ]
    if not poems:
        raise CorpusError(f"{path} has no poem in Chinese characters: give one that has")
    cleaner.report.kept = len(poems)
    return poems, cleaner.report


def _as_it_stands(raw: RawPoem) -> SourcePoem | None:
    text = unify("\n".join(raw.paragraphs))
    text = _REST.sub("", _AFTER.sub("。", _WITHIN.sub("，", text)))
    text = _MARKS.sub(lambda marks: "。" if "。" in marks[0] else "，", text).strip("，。")
    return SourcePoem(text + "。", raw.title.strip(), raw.author.strip(), raw.dynasty) if text else None
