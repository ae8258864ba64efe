"""Readers for the four formats of a corpus, told apart by what is there: nobody names a format.

- the JSON layout of chinese-poetry: a folder, a .tar.* archive read member by member, or one file
- a line `title:content` for each poem
- a line for each poem
- poems of several lines, separated by blank lines
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from model.corpus.archives import archive_members, is_archive
from model.corpus.json_layout import DYNASTIES, is_poet_file, parse_poems, stated_dynasty
from model.corpus.texts import parse_text
from model.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from model.corpus.poems import RawPoem

FORMATS: Final = (
    "the JSON files of chinese-poetry (a folder, a .tar.* archive or one file), `title:content` lines, "
    "one poem a line, or poems separated by blank lines"
)

_LARGEST_FILE: Final = 512 * 2**20
_ZIP: Final = b"PK\x03\x04"
_JSON_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[\[\]{\"])")


def read_sources(path: Path, dynasties: Collection[str] = ()) -> Iterator[tuple[str, list[RawPoem]]]:
    """The files of a corpus, each with its name and its poems, in the order in which they are stored.

    Args:
        path: a folder, an archive or a file.
        dynasties: leave out, unread, the files that state another dynasty than these; empty for all.

    Raises:
        CorpusError: the path is missing or unreadable, or what is there has none of the formats.
    """
    unknown = sorted(set(dynasties) - set(DYNASTIES))
    if unknown:
        raise CorpusError(f"no dynasty is called {', '.join(unknown)}: choose among {', '.join(DYNASTIES)}")
    try:
        if path.is_dir() or is_archive(path):
            yield from _read_json_files(path, dynasties)
        else:
            yield path.name, _read_file(path)
    except FileNotFoundError as error:
        raise CorpusError(
            f"there is no corpus at {path}: give a file or folder, or fetch one with `python -m model corpus download`",
            "missing",
        ) from error
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the file and its permissions") from error


def json_files(path: Path, dynasties: Collection[str] = ()) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The JSON files with poems in a folder or an archive: the name of each, and a function that reads it.

    Call the function before going on to the next file.
    """
    # The repository has other files beside the poems (its authors, its tables); elsewhere they may have any name.
    for accepts in (is_poet_file, _is_json):
        found = False
        for name, read in archive_members(path) if path.is_file() else _folder_files(path):
            if accepts(name):
                found = True
                if not dynasties or stated_dynasty(name) in {"", *dynasties}:
                    yield name, read
        if found:
            return
    raise CorpusError(f"{path} holds no .json file with poems: give {FORMATS}", "format")


def _is_json(name: str) -> bool:
    return name.endswith(".json")


def _folder_files(folder: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for path in sorted(folder.rglob("*.json")):  # all found before the first is read: a copy may go inside
        if path.is_file():
            yield path.relative_to(folder).as_posix(), partial(_read_bytes, path)


def _read_json_files(path: Path, dynasties: Collection[str]) -> Iterator[tuple[str, list[RawPoem]]]:
    for name, read in json_files(path, dynasties):
        yield name, parse_poems(read(), name)


def _read_bytes(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_FILE:
        raise CorpusError(
            f"{path} is larger than {_LARGEST_FILE >> 20} MiB: split it into files of one folder", "too_large"
        )
    return path.read_bytes()


def _read_file(path: Path) -> list[RawPoem]:
    content = _read_bytes(path)
    if not content.strip():
        raise CorpusError(f"{path} is empty: give {FORMATS}", "empty")
    if content.startswith(_ZIP):  # it would be said to be in another encoding
        raise CorpusError(f"{path} is a zip archive: give {FORMATS}", "format")
    if _JSON_START.match(content):
        return parse_poems(content, path.name)
    poems = parse_text(content, path.name)
    if not poems:
        raise CorpusError(f"{path} has none of the formats that are read: give {FORMATS}", "format")
    return poems
