"""Typefaces of this machine that Chinese verse can be set in: Kai before Song, and each script its own forms.

All of it reads files or asks another program, so it belongs beside the event loop.
"""

import logging
import os
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.config import ROOT
from bot.services.refusals import Refusal
from model.script import Script

log = logging.getLogger(__name__)

AUTO: Final = "auto"
REGULAR_WEIGHT: Final = 400
MOST_NAMED: Final = 8
"""Characters that are named where they are missing."""
_LIST_SECONDS: Final = 10.0
# By the name a family has in English. Song follows Kai; what is neither is better than nothing, and comes last.
_KAI: Final = {
    Script.HANS: (
        "LXGW WenKai",
        "Kaiti SC",
        "STKaiti",
        "KaiTi",
        "KaiTi_GB2312",
        "AR PL UKai CN",
        "FandolKai",
        "AR PL KaitiM GB",
    ),
    Script.HANT: (
        "LXGW WenKai TC",
        "Kaiti TC",
        "BiauKaiTC",
        "BiauKai",
        "DFKai-SB",
        "TW-Kai",
        "AR PL UKai TW",
        "AR PL KaitiM Big5",
    ),
}
_SONG: Final = {
    Script.HANS: (
        "Songti SC",
        "STSong",
        "Noto Serif CJK SC",
        "Noto Serif SC",
        "Source Han Serif SC",
        "Source Han Serif CN",
        "AR PL UMing CN",
        "FandolSong",
        "SimSun",
        "AR PL SungtiL GB",
    ),
    Script.HANT: (
        "Songti TC",
        "Noto Serif CJK TC",
        "Noto Serif TC",
        "Source Han Serif TC",
        "Source Han Serif TW",
        "AR PL UMing TW",
        "PMingLiU",
        "MingLiU",
        "AR PL Mingti2L Big5",
    ),
}
_OTHER: Final = ("WenQuanYi Zen Hei", "WenQuanYi Micro Hei")
# Where fontconfig is not asked, or does not look: the usual folders, and how these families' files are called there.
_FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/System/Library/AssetsV2/com_apple_MobileAsset_Font7",
    "/System/Library/AssetsV2/com_apple_MobileAsset_Font8",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
    "/mnt/c/Windows/Fonts",
)
_FILES: Final = (
    "lxgwwenkai",
    "kaiti",
    "stkaiti",
    "simkai",
    "ukai",
    "fandolkai",
    "gkai00mp",
    "biaukai",
    "kaiu",
    "tw-kai",
    "bkai00mp",
    "songti",
    "stsong",
    "notoserifcjk",
    "notoserifsc",
    "notoseriftc",
    "sourcehanserif",
    "uming",
    "fandolsong",
    "simsun",
    "gbsn00lp",
    "mingliu",
    "bsmi00lp",
    "wqy-zenhei",
    "wqy-microhei",
)
_SUFFIXES: Final = {".ttf", ".ttc", ".otf", ".otc"}
_COLLECTION: Final = b"ttcf"  # what a file of several faces begins with
_UNREADABLE: Final = (OSError, struct.error, ValueError, LookupError, AssertionError)  # besides fontTools' own


class NoTypeface(Refusal):
    """No Chinese typeface was found."""

    key = "error.picture.no_typeface"


class NoGlyph(Refusal):
    """Characters that none of the typefaces has."""

    key = "error.picture.no_glyph"


@dataclass(frozen=True, slots=True)
class Typeface:
    """One face of a font file.

    Attributes:
        family: its name in English.
        path: of the file.
        index: which of the file's faces it is.
        weight: how heavy it is: 400 is regular.
        variable: whether its weight can be chosen.
    """

    family: str
    path: Path
    index: int
    weight: int = REGULAR_WEIGHT
    variable: bool = False

    def lacks(self, text: str) -> str:
        """The characters of the text that it cannot show."""
        known = _characters(self.path, self.index)
        return "".join(dict.fromkeys(char for char in text if ord(char) not in known))


class Fonts:
    """Finds the typeface for a text. What was found is remembered, so that only the first text waits for it."""

    def __init__(self, wanted: str) -> None:
        """Nothing is looked for yet.

        Args:
            wanted: "auto" for the best of this machine, or a font file.
        """
        self._wanted = wanted
        self._found: list[Typeface] = []

    def best(self, text: str, script: Script) -> Typeface:
        """The first typeface that can show the whole text.

        Raises:
            NoTypeface: there is none at all. It is looked for again the next time: the owner may have installed one.
            NoGlyph: none has all the characters.
        """
        typefaces = self.typefaces(script)
        if not typefaces:
            raise NoTypeface
        lacking = []
        for typeface in typefaces:
            missing = typeface.lacks(text)
            if not missing:
                return typeface
            lacking.append(missing)
        raise NoGlyph(characters=min(lacking, key=len)[:MOST_NAMED])

    def forget(self) -> None:
        """Look for typefaces anew the next time."""
        self._found = []
        _characters.cache_clear()

    def typefaces(self, script: Script) -> list[Typeface]:
        """What there is, the best for the script first."""
        if not self._found:
            self._found = _on_this_machine() if self._wanted == AUTO else _faces(ROOT / Path(self._wanted).expanduser())
        ranks = {family: rank for rank, family in enumerate(_ranked(script))}
        return sorted(
            self._found,
            key=lambda face: (ranks.get(face.family, len(ranks)), abs(face.weight - REGULAR_WEIGHT), face.index),
        )


def _ranked(script: Script) -> tuple[str, ...]:
    """A family for the other script mostly has these characters too, but draws some of them its own way."""
    other = Script.HANT if script is Script.HANS else Script.HANS
    return (*_KAI[script], *_KAI[other], *_SONG[script], *_SONG[other], *_OTHER)


def _on_this_machine() -> list[Typeface]:
    known = set(_ranked(Script.HANS))
    files = dict.fromkeys((*_listed(known), *_lying_in(_FOLDERS)))
    return [face for path in files for face in _faces(path) if face.family in known]


def _listed(families: set[str]) -> Iterator[Path]:
    """The files of these families, as fontconfig knows them, where it is installed."""
    program = shutil.which("fc-list")
    if program is None:
        return
    command = [program, "--format", "%{file}\t%{family}\n"]
    try:
        # Nothing that anybody typed is in it.
        listed = subprocess.run(command, capture_output=True, timeout=_LIST_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("Fontconfig cannot be asked for typefaces: %s", error)
        return
    for line in os.fsdecode(listed.stdout).splitlines():
        path, _, names = line.partition("\t")
        if families & set(names.split(",")):
            yield Path(path)


def _lying_in(folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(Path(folder).expanduser().rglob("*")):
            if path.suffix.lower() in _SUFFIXES and path.name.lower().startswith(_FILES):
                yield path


def _faces(path: Path) -> list[Typeface]:
    """The faces of a font file; none where it cannot be read."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError  # noqa: PLC0415 - only who wants a picture waits for it

    try:
        # Opened here: fontTools leaves a file open that it cannot read.
        with path.open("rb") as file:
            several = file.read(len(_COLLECTION)) == _COLLECTION
            file.seek(0)
            faces = TTCollection(file, lazy=True).fonts if several else [TTFont(file, lazy=True)]
            return [_face(path, index, face) for index, face in enumerate(faces)]
    except (TTLibError, *_UNREADABLE) as error:
        log.warning("Not a font that can be used: %s (%s)", path, error)
        return []


@cache
def _characters(path: Path, index: int) -> frozenset[int]:
    """The code points that a face has; none where it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            return frozenset(TTFont(file, fontNumber=index, lazy=True).getBestCmap() or ())
    except (TTLibError, *_UNREADABLE) as error:
        log.warning("Not a font that can be used: %s (%s)", path, error)
        return frozenset()


def _face(path: Path, index: int, font: Any) -> Typeface:
    return Typeface(
        family=font["name"].getBestFamilyName() or path.stem,
        path=path,
        index=index,
        weight=font["OS/2"].usWeightClass if "OS/2" in font else REGULAR_WEIGHT,
        variable="fvar" in font,
    )
