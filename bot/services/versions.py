"""Versions of the weights that write poems: what there is, what is in use, and whether a new one is better."""

import asyncio
import logging
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.services.children import ChildFailed
from bot.services.judging import Figures, Judge, judgement
from bot.services.poet import PoetService
from bot.services.refusals import NoNetwork, Refusal
from bot.services.version_refusals import (
    CannotUse,
    ChangedVersion,
    LastVersion,
    NoSuchVersion,
    NothingBefore,
    NotOurWeights,
    ShippedVersion,
    VersionInUse,
)
from bot.store.versions import Reason, Use, Version, VersionRepository
from model.errors import CheckpointError
from model.header import Header, fingerprint, read_header

log = logging.getLogger(__name__)

FOLDER: Final = "models"
SUFFIX: Final = ".safetensors"
BETTER: Final = frozenset({"better", "first", "favorites_better"})
"""Verdicts by which a version is taken into use by itself."""
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of new weights.

    Attributes:
        name: the version that they are now.
        promoted: whether they are in use.
        reason: why, or why not; `version.verdict.<reason>` says it.
        figures: what was measured, see `judging.Figures`.
    """

    name: str
    promoted: bool
    reason: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Known:
    """A version in the list: what its file says, and what was noted; `version` is None for shipped ones."""

    name: str
    path: Path
    header: Header
    bytes: int
    version: Version | None
    in_use: bool


class Versions:
    def __init__(
        self,
        repository: VersionRepository,
        poet: PoetService,
        judge: Judge,
        *,
        folder: Path,
        shipped: Path,
        now: Callable[[], datetime],
    ) -> None:
        """Nothing is read yet.

        Args:
            repository: what was trained here and what is in use.
            poet: whose weights are swapped.
            judge: evaluates in a child process.
            folder: the data folder.
            shipped: the folder of the weights that come with the program.
            now: what time it is.
        """
        self._repository = repository
        self._poet = poet
        self._judge = judge
        self._folder = folder / FOLDER
        self._shipped = shipped
        self._now = now
        self._turn = asyncio.Lock()
        self._followed: int | None = None
        self.fault: str | None = None
        """Why this process does not use what it should."""

    async def names(self) -> list[str]:
        """All that can write poems: trained ones, the newest first, then those that came with the program."""
        return [one.name for one in await self.all()]

    async def path_of(self, name: str) -> Path:
        """Raises:
        NoSuchVersion: there is none of that name.
        ChangedVersion: its file is not what it was.
        """
        version = await self._repository.get(name)
        if version is None:
            found = next((path for path in await asyncio.to_thread(self._shipped_paths) if path.stem == name), None)
            if found is None:
                raise NoSuchVersion(name=name)
            return found
        path = self._path(name)
        if not path.is_file() or await asyncio.to_thread(fingerprint, path) != version.weights:
            raise ChangedVersion(name=name)
        return path

    async def all(self) -> list[Known]:
        """Every version whose file can be read."""
        versions = await self._repository.all()
        shipped = await asyncio.to_thread(self._shipped_paths)
        current = self._poet.in_use.path if self._poet.in_use is not None else None
        wanted = [(self._path(version.name), version) for version in versions] + [(path, None) for path in shipped]
        found = []
        for path, version in wanted:
            with suppress(CheckpointError):
                header = await asyncio.to_thread(read_header, path, "poem")
                found.append(Known(path.stem, path, header, path.stat().st_size, version, in_use=path == current))
        return found

    async def begin(self) -> None:
        """Before anything is loaded: have the weights loaded that were in use when the bot was stopped."""
        use = await self._repository.current()
        self._followed = use.id if use is not None else None
        if use is not None and use.name is not None:
            try:
                self._poet.choose(await self.path_of(use.name))
            except Refusal as refusal:
                self._note(use.name, refusal.key)

    async def follow(self) -> None:
        """Use what is to be used, if it is not what this process used last."""
        async with self._turn:
            use = await self._repository.current()
            if use is None or use.id == self._followed:
                return
            self._followed = use.id
            try:
                await self._swap(use.name)
            except Refusal as refusal:
                self._note(use.name or "", str(refusal.values.get("reason", refusal.key)))

    async def use(self, name: str, reason: Reason = "owner") -> None:
        """Write with this version from now on, here at once and in other processes soon.

        Raises:
            NoSuchVersion, ChangedVersion: as path_of() does.
            CannotUse: it cannot be loaded; nothing has changed.
        """
        async with self._turn:
            await self._swap(name)
            await self._noted(lambda: self._repository.use(name, reason, self._now()))

    async def roll_back(self) -> str | None:
        """Write with what was in use before; further back the next time. Returns its name; None: as the settings say.

        Raises:
            NothingBefore: nothing was.
            CannotUse: it cannot be loaded; nothing has changed.
        """
        async with self._turn:
            use = await self._repository.current()
            if use is None or (use.name is None and use.previous is None):
                raise NothingBefore
            before = await self._before(use)
            name = before.name if before is not None else None
            await self._swap(name)
            await self._noted(lambda: self._repository.return_to(before, self._now()))
            return name

    async def delete(self, name: str) -> None:
        """Raises:
        NoSuchVersion: there is none of that name.
        ShippedVersion: it came with the program.
        VersionInUse: it writes the poems.
        LastVersion: there is no other.
        """
        async with self._turn:
            known = await self.all()
            if await self._repository.get(name) is None:
                raise ShippedVersion(name=name) if name in {one.name for one in known} else NoSuchVersion(name=name)
            if any(one.in_use and one.name == name for one in known):
                raise VersionInUse(name=name)
            if not [one for one in known if one.name != name]:
                raise LastVersion(name=name)
            if not await self._repository.remove(name):
                raise VersionInUse(name=name)
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict:
        """Make a version of weights that a job has trained, and use it if it is better than what is in use.

        It is measured in a child process. A job whose weights were considered already gets the verdict once more.

        Raises:
            NotOurWeights: the file is none of ours, or damaged.
        """
        known = await self._repository.of_job(job_id)
        if known is not None:
            return Verdict(known.name, known.verdict in BETTER, known.verdict, known.figures)
        name = f"{_NOT_IN_NAMES.sub('-', recipe.lower()).strip('-') or 'weights'}-{job_id}"
        path = self._path(name)
        try:
            await self._poet.try_out(weights)
        except NoNetwork as refusal:
            raise NotOurWeights(refusal.values["reason"]) from refusal
        await asyncio.to_thread(_copy, weights, path)
        reason, figures = await self._judged(path, corpus)
        version = Version(
            name=name,
            weights=await asyncio.to_thread(fingerprint, path),
            job_id=job_id,
            recipe=recipe,
            corpus=corpus,
            bytes=path.stat().st_size,
            figures=figures,
            verdict=reason if reason not in BETTER else "deciding",
            made_at=self._now(),
        )
        await self._repository.add(version)
        if reason in BETTER:
            reason = await self._promoted(name, reason)
            await self._repository.judge(name, reason)
        log.info("Version %s: %s, %s", name, reason, dict(figures))
        return Verdict(name, reason in BETTER, reason, figures)

    async def _judged(self, path: Path, corpus: str) -> tuple[str, Figures]:
        against = self._poet.in_use.path if self._poet.in_use is not None else None
        try:
            figures = await self._judge.measure(path, against, corpus)
        except ChildFailed as error:
            log.warning("%s could not be measured: %s", path.stem, error)
            return "not_measured", {}
        return judgement(figures, corpus), figures

    async def _promoted(self, name: str, reason: str) -> str:
        try:
            await self.use(name, "promoted")
        except Refusal as refusal:
            self._note(name, str(refusal.values.get("reason", refusal.key)))
            return "cannot_use"
        return reason

    async def _before(self, use: Use) -> Use | None:
        """What was in use before that is still there."""
        previous = use.previous
        while previous is not None:
            before = await self._repository.find(previous)
            if before is None or before.name is None:
                return before
            with suppress(NoSuchVersion, ChangedVersion):
                await self.path_of(before.name)
                return before
            previous = before.previous
        return None

    async def _swap(self, name: str | None) -> None:
        path = await self.path_of(name) if name is not None else None
        try:
            await self._poet.swap(path)
        except NoNetwork as refusal:
            raise CannotUse(name or "", refusal.values["reason"]) from refusal
        self.fault = None

    async def _noted(self, note: Callable[[], Any]) -> None:
        """Where the row cannot be written, the old one is followed again."""
        self._followed = None
        self._followed = (await note()).id

    def _note(self, name: str, reason: str) -> None:
        self.fault = name
        log.error("%s cannot be used (%s); what was in use stays", name, reason)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"

    def _shipped_paths(self) -> list[Path]:
        found = set(self._shipped.glob(f"*{SUFFIX}")) - set(self._shipped.glob(f"*.certificate{SUFFIX}"))
        paths = []
        for path in sorted(found):
            with suppress(CheckpointError):
                if read_header(path).kind == "poem":
                    paths.append(path)
        return paths


def _copy(weights: Path, path: Path) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with weights.open("rb") as source, part.open("wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
