"""Reads the members of a .tar.* archive one after another, without unpacking it and within bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from model.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

_LARGEST_MEMBER: Final = 64 * 2**20
_LARGEST_ARCHIVE: Final = 4 * 2**30
_MOST_MEMBERS: Final = 100_000
_TAR_MAGIC: Final = b"ustar"
_TAR_MAGIC_AT: Final = 257

_COMPRESSIONS: Final[dict[bytes, type[gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}

# What tarfile and the decompressors raise for damaged files. ValueError: a number in a header that is none.
_DAMAGED: Final = (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, ValueError)


def is_archive(path: Path) -> bool:
    """Whether the file begins as a tar archive does, or as a compressed file that may hold one."""
    start = _start(path)
    return start.startswith(tuple(_COMPRESSIONS)) or start[_TAR_MAGIC_AT:] == _TAR_MAGIC


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))


def _open(path: Path) -> BinaryIO:
    start = _start(path)
    kind = next((kind for magic, kind in _COMPRESSIONS.items() if start.startswith(magic)), None)
    return path.open("rb") if kind is None else cast("BinaryIO", kind(path))


class _Bounded(io.RawIOBase):
    """A file that tarfile reads forwards, and that refuses to read too much, at once or in all.

    tarfile reads a long name or an extended header whole, whatever size it claims: gigabytes, out of some kilobytes of
    compressed zeros.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__()
        self.file = file
        self.name = name

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_MEMBER or self.file.tell() + size > _LARGEST_ARCHIVE:
            raise _too_large(self.name)
        return self.file.read(size)

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        if position > _LARGEST_ARCHIVE:
            raise _too_large(self.name)
        return self.file.seek(position, whence)

    def tell(self) -> int:
        return self.file.tell()


def _too_large(name: str) -> CorpusError:
    return CorpusError(
        f"{name} is too large: {_MOST_MEMBERS:,} files are read, of {_LARGEST_MEMBER >> 20} MiB each "
        f"and {_LARGEST_ARCHIVE >> 30} GiB together; unpack it and give the folder",
        "too_large",
    )


def _damaged(path: Path, error: Exception) -> CorpusError:
    return CorpusError(f"{path} is damaged, or no tar archive ({error}): fetch it again", "damaged")


def archive_members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The name of each file in the archive, and a function that reads it; call it before going on to the next.

    Raises:
        CorpusError: the archive is damaged, is no tar, or is larger than the bounds.
    """
    try:
        with _open(path) as file, tarfile.open(fileobj=_Bounded(file, path.name), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= _MOST_MEMBERS:
                    raise _too_large(path.name)
                if member.isfile():
                    yield member.name, partial(_read_member, archive, member, path)
    except _DAMAGED as error:
        raise _damaged(path, error) from error


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    if member.size > _LARGEST_MEMBER:
        raise _too_large(path.name)
    try:
        file = archive.extractfile(member)
        return b"" if file is None else file.read()
    except _DAMAGED as error:
        raise _damaged(path, error) from error
