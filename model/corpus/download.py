"""Fetches the poems of the public repository chinese-poetry at one commit, or takes a copy that is there.

Through `git`, object by object: a commit's id is a hash over the hashes of all its files, so that it alone vouches for
every file; the archives that the host packs of a commit have no hash that stays the same. First come the commit and its
folders without any file, then the files in small batches, each file written once it is complete and checked. A run that
was broken off goes on with the files that are missing. Only https is spoken, also after a redirection.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from model.corpus.files import write_whole
from model.corpus.json_layout import is_poet_file, parse_poems, stated_dynasty
from model.corpus.readers import json_files
from model.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

FOLDER: Final = Path("data/run/corpora/chinese-poetry")
"""Where the poems go if no other place is named."""

_POEMS: Final = "全唐诗"
_LICENCE: Final = "LICENSE"
_MANIFEST: Final = "source.json"
_OBJECTS: Final = ".git-objects"
_BATCH: Final = 8
_RESUME: Final = "what has arrived is kept, run the command again to go on"


@dataclass(frozen=True, slots=True)
class Source:
    """A commit of a repository, and the one protocol that git may speak to fetch it."""

    address: str = "https://github.com/chinese-poetry/chinese-poetry.git"
    commit: str = "99ebbef7e1345c0985c44b9fd96a3f9e776f117b"
    protocol: str = "https"


def download(folder: Path, console: Console, dynasties: Collection[str] = (), source: Source | None = None) -> int:
    """Bring the poems of a commit into a folder, each file checked by its hash; what is there already stays.

    Args:
        folder: where they go, with the paths that they have in the repository.
        console: shows the progress.
        dynasties: fetch only these; empty for all.
        source: None for chinese-poetry.

    Returns:
        How many files were fetched.

    Raises:
        CorpusError: no connection, no git, or no room. What has arrived is kept, and the next call goes on from there.
    """
    source = source or Source()
    try:
        return _download(folder, console, dynasties, source)
    except KeyboardInterrupt:
        raise CorpusError(f"the download was stopped: {_RESUME}") from None
    except OSError as error:
        raise CorpusError(
            f"{folder} cannot be written ({error.strerror}): make room or choose another place"
        ) from error


def _download(folder: Path, console: Console, dynasties: Collection[str], source: Source) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    git = _Git(folder / _OBJECTS, source)
    with _progress(console) as progress:
        task = progress.add_task("files", total=None)
        blobs = _read_manifest(folder, source) or git.list_files()
        write_whole(folder / _MANIFEST, json.dumps({**asdict(source), "files": blobs}, ensure_ascii=False).encode())
        wanted = [path for path in blobs if not dynasties or stated_dynasty(path) in {"", *dynasties}]
        missing = [path for path in wanted if not _is_blob(folder / path, blobs[path])]
        progress.update(task, total=len(wanted), completed=len(wanted) - len(missing))
        for first in range(0, len(missing), _BATCH):
            batch = missing[first : first + _BATCH]
            git.fetch_files([blobs[path] for path in batch])
            for path in batch:
                write_whole(folder / path, git.read_file(blobs[path]))
                progress.advance(task)
    shutil.rmtree(folder / _OBJECTS, ignore_errors=True)
    return len(missing)


def take_copy(folder: Path, path: Path, console: Console, dynasties: Collection[str] = ()) -> int:
    """Bring the poems of a local copy, a folder or an archive, into a folder; they are not compared with the commit.

    Returns:
        How many files were copied.

    Raises:
        CorpusError: no copy of chinese-poetry is there, it cannot be read, or there is no room.
    """
    copied = 0
    try:
        if not path.exists():
            raise CorpusError(f"there is no {path}: give a folder or a .tar.* archive of chinese-poetry")
        with _progress(console) as progress:
            task = progress.add_task("files", total=None)
            for name, read in json_files(path, dynasties):
                if not is_poet_file(name):
                    raise CorpusError(
                        f"{path} has no poet.tang.N.json or poet.song.N.json: give a copy of chinese-poetry"
                    )
                content = read()
                parse_poems(content, name)
                # The bare name: an archive may claim to lie anywhere.
                write_whole(folder / _POEMS / PurePosixPath(name).name, content)
                progress.advance(task)
                copied += 1
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be copied to {folder} ({error.strerror}): make room or choose another place"
        ) from error
    return copied


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


def _is_blob(path: Path, blob: str) -> bool:
    """Whether the file is there and has the content that git knows by this id."""
    if not path.is_file():
        return False
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == blob


def _read_manifest(folder: Path, source: Source) -> dict[str, str]:
    """The blob of each file of the commit, as an earlier run listed them; empty where none did."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        return dict(manifest["files"]) if manifest["commit"] == source.commit else {}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


class _Git:
    """A bare repository that holds what has been fetched and not yet written."""

    def __init__(self, folder: Path, source: Source) -> None:
        self.folder = folder
        self.source = source

    def list_files(self) -> dict[str, str]:
        """The blob of each file with poems, and of the licence, by their paths in the commit."""
        self._fetch("--depth=1", self.source.commit)
        entries = self._run("ls-tree", "-r", "-z", self.source.commit).decode().split("\0")[:-1]
        blobs = {path: head.split(" ")[2] for head, path in (entry.split("\t", 1) for entry in entries)}
        return {path: blob for path, blob in blobs.items() if path == _LICENCE or is_poet_file(path)}

    def fetch_files(self, blobs: list[str]) -> None:
        """Fetch and check the files with these ids."""
        self._fetch(*blobs)

    def read_file(self, blob: str) -> bytes:
        """The content of a file that has been fetched."""
        return self._run("cat-file", "blob", blob)

    def _fetch(self, *wanted: str) -> None:
        if not (self.folder / "HEAD").exists():
            self._run("init", "--quiet", "--bare", str(self.folder))
        self._run("config", "remote.origin.url", self.source.address)
        self._run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "origin", *wanted)

    def _run(self, *arguments: str) -> bytes:
        settings = {
            "GIT_DIR": str(self.folder),
            "GIT_ALLOW_PROTOCOL": self.source.protocol,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        # A connection that stands still for a minute is given up; nothing is negotiated, nothing tidied up afterwards.
        options = ("http.lowSpeedLimit=1000", "http.lowSpeedTime=60", "fetch.negotiationAlgorithm=noop", "gc.auto=0")
        command = ["git", *(part for option in options for part in ("-c", option)), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **settings})  # noqa: S603
        except FileNotFoundError as error:
            raise CorpusError("git is not installed: install it, or give a local copy with --from PATH") from error
        if done.returncode:
            reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"])[-1]
            raise CorpusError(
                f"{self.source.address} cannot be fetched ({reason}): check the network; {_RESUME}, "
                "or give a local copy with --from PATH"
            )
        return done.stdout
