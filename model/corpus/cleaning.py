"""From the text of a source to Han characters with ， and 。 alone: each rule has a name, and counts what it does.

A poem is kept whole or dropped whole. What is taken out is what an editor added to it (notes, marks), no part of it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from model.corpus.poems import SourcePoem
from model.script import HAN, unify

if TYPE_CHECKING:
    from model.corpus.poems import RawPoem

LONGEST_POEM: Final = 200
"""Characters of a poem's cleaned text, punctuation counted: what the network reads."""

_LONGEST_LINE: Final = 15


class Rule(StrEnum):
    """The cleaning rules, in the order in which they are applied."""

    NOTES = "editorial notes in brackets"
    FOOTNOTES = "footnote numbers"
    RESTORED = "brackets of restored characters"
    ENUMERATION = "enumeration marks"
    QUOTES = "quotation marks"
    UNBALANCED = "unclosed brackets"
    LOST = "lost characters"
    MISSING = "characters that no font has"
    LATIN = "latin letters and digits"
    PROSE = "notes and prose"
    OTHER = "other characters"
    EMPTY = "empty"
    LONG = "too long"
    DUPLICATE = "duplicates"


@dataclass(slots=True)
class CleaningReport:
    """What cleaning did.

    Attributes:
        read: poems that the source holds.
        kept: poems that are left.
        dropped: poems that each rule dropped; a poem is counted once, at the first rule that fits.
        changed: notes and marks that each rule took out of poems, kept and dropped ones.
    """

    read: int = 0
    kept: int = 0
    dropped: Counter[Rule] = field(default_factory=Counter)
    changed: Counter[Rule] = field(default_factory=Counter)


# 着（嗟）, 〖簡稱辛本〗: another reading, a source, a note. The innermost go first, so that nested ones are found.
_NOTE: Final = re.compile(r"（[^（）]*）|〖[^〖〗]*〗|【[^【】]*】|〔[^〔〕]*〕")
# [一], [一八]: a number of a footnote. A restored 一 is lost with them; there is no telling.
_FOOTNOTE: Final = re.compile(r"\[[一二三四五六七八九十○〇\d]+\]")
# 欲沾[襟]: the editor restored a character; it belongs to the poem.
_RESTORED: Final = re.compile(r"\[([^\[\]]*)\]")
# 詩、禮固可學: between words of one line, never between lines.
_ENUMERATION: Final = re.compile("、")
_QUOTES: Final = re.compile("[「」『』《》〈〉﹁﹂﹃﹄“”‘’\"'·]")  # 《采芑》歌言旋: a title within a verse
_BRACKETS: Final = re.compile(r"[（）〖〗【】〔〕\[\]]")
_LOST: Final = re.compile("[□○●■▢◯�＊*×_]")
# {汸番}: a character put together of others; ⿰ and private use are the same in other sources.
_MISSING: Final = re.compile("[{}⺀-⿿\ue000-\uf8ff\U000f0000-\U0010ffff]")
_LATIN: Final = re.compile("[0-9A-Za-z０-９Ａ-Ｚａ-ｚÀ-ɏ]")
_SPACE: Final = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f]+")
# A source or a note that stands after the poem without brackets: 按：《全唐詩》卷八一○收此首.
# 詩題：…首句：…: an entry of an index.
_CITATION: Final = re.compile("按：|》卷|》[引云曰作]|《[^》]*》[一二三四五六七八九十百○]|首句[：（]")

_TO_FULL_WIDTH: Final = str.maketrans(
    {
        ",": "，",
        ".": "。",
        "．": "。",
        "｡": "。",
        "､": "、",
        "!": "！",
        "?": "？",
        ";": "；",
        ":": "：",
        "(": "（",
        ")": "）",
    }
    | {"［": "[", "］": "]", "｛": "{", "｝": "}"}
)
_TO_TWO: Final = str.maketrans({"：": "，", "！": "。", "？": "。", "；": "。"})
_CLEAN: Final = re.compile(f"(?:[{HAN}]+[，：。！？；]\n?)+")
_VERSE: Final = re.compile(f"[{HAN}，。]*")
_DOUBTFUL: Final = re.compile("按：|首句：")  # all of Han characters, and yet for a rule
_MARK: Final = re.compile("[，：。！？；,.:!?;]")
_REPEATED: Final = re.compile("[，。]{2,}")
_LONG_LINE: Final = re.compile(f"[^，。]{{{_LONGEST_LINE + 1},}}")

_STRIPPED: Final = (
    (Rule.FOOTNOTES, _FOOTNOTE, ""),
    (Rule.RESTORED, _RESTORED, r"\1"),
    (Rule.ENUMERATION, _ENUMERATION, ""),
)
_FAULTS: Final = (
    (Rule.UNBALANCED, _BRACKETS),
    (Rule.LOST, _LOST),
    (Rule.MISSING, _MISSING),
    (Rule.LATIN, _LATIN),
    (Rule.PROSE, _CITATION),
)
_DEEPEST_NOTE: Final = 8


def _mark_lines(text: str) -> str:
    """The text with a mark after each line. Where the source has none, white space parts lines: ， and 。 in turn."""
    if _MARK.search(text) is None:
        return "".join(line + "，。"[number % 2] for number, line in enumerate(text.split()))
    return text.replace("\n", "，")  # a mark that stands there already prevails


def _punctuate(text: str) -> str:
    """The text with ， and 。 alone, one at a time, the last of them 。."""
    text = _REPEATED.sub(lambda marks: "。" if "。" in marks[0] else "，", text.translate(_TO_TWO))
    text = text.strip("，").lstrip("。")
    return text if text.endswith("。") or not text else text + "。"


class Cleaner:
    """Cleans poems one by one and counts in its report; duplicates are left to the caller, who sees all poems."""

    def __init__(self, longest: int = LONGEST_POEM) -> None:
        self.longest = longest
        self.report = CleaningReport()

    def clean(self, raw: RawPoem) -> SourcePoem | None:
        """The cleaned poem, or None where a rule drops it."""
        self.report.read += 1
        text = unify("\n".join(raw.paragraphs))
        fault = None
        if _CLEAN.fullmatch(text) is None or _DOUBTFUL.search(text):  # most poems need nothing more
            text, fault = self._strip(_mark_lines(text))
        text = _punctuate(text.replace("\n", ""))
        fault = fault or self._misfit(text)
        if fault is not None:
            self.report.dropped[fault] += 1
            return None
        return SourcePoem(text, raw.title.strip(), raw.author.strip(), raw.dynasty, raw.weight)

    def _strip(self, text: str) -> tuple[str, Rule | None]:
        """The text without what editors put around it and into it, and the rule that drops it for what they left."""
        text = text.translate(_TO_FULL_WIDTH)
        for _ in range(_DEEPEST_NOTE):
            text = self._count(Rule.NOTES, _NOTE.subn("", text))
        for rule, pattern, replacement in _STRIPPED:
            text = self._count(rule, pattern.subn(replacement, text))
        fault = next((rule for rule, pattern in _FAULTS if pattern.search(text)), None)
        text = self._count(Rule.QUOTES, _QUOTES.subn("", text))
        return _SPACE.sub("", text), fault

    def _count(self, rule: Rule, done: tuple[str, int]) -> str:
        text, found = done
        if found:
            self.report.changed[rule] += found
        return text

    def _misfit(self, text: str) -> Rule | None:
        """The rule that drops a text with nothing left to strip."""
        if not text:
            return Rule.EMPTY
        if _VERSE.fullmatch(text) is None:
            return Rule.OTHER
        if _LONG_LINE.search(text):
            return Rule.PROSE
        return Rule.LONG if len(text) > self.longest else None
