"""Versions of the weights that write poems: what there is, what is in use, and whether a new one is better."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.services.children import ChildFailed
from bot.services.judging import Figures, Judge, judgement
from bot.services.poet import PoetService
from bot.services.refusals import NoNetwork, Refusal
from bot.services.shelf import Known, Shelf
from bot.services.version_refusals import (
    CannotUse,
    ChangedVersion,
    LastVersion,
    NoSuchVersion,
    NothingBefore,
    NotOurWeights,
    ShippedVersion,
    VersionInUse,
    VersionNeeded,
)
from bot.store.versions import BETTER, Loaded, Reason, Use, Version, VersionRepository
from model.header import fingerprint

log = logging.getLogger(__name__)

DECIDING: Final = "deciding"
"""The verdict on one that is to be taken into use, until it is."""
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


class Versions:
    def __init__(
        self,
        repository: VersionRepository,
        poet: PoetService,
        judge: Judge,
        *,
        folder: Path,
        shipped: Path,
        process: str,
        now: Callable[[], datetime],
    ) -> None:
        """Nothing is read yet.

        Args:
            repository: what was trained here and what is in use.
            poet: whose weights are swapped.
            judge: evaluates in a child process.
            folder: the data folder.
            shipped: the folder of the weights that come with the program.
            process: what this process of the bot is called among the others.
            now: what time it is.
        """
        self._repository = repository
        self._poet = poet
        self._judge = judge
        self._shelf = Shelf(repository, folder, shipped)
        self._process = process
        self._now = now
        self._turn = asyncio.Lock()
        self._followed: int | None = None
        self._told: Loaded | None = None
        self.fault: str | None = None
        """What this process should use, and cannot."""
        self.goes_on_from: Callable[[str], Awaitable[bool]] = _nothing_goes_on
        """Whether a job that is not at its end goes on from the version of that name."""

    async def names(self) -> list[str]:
        """All that can write poems: trained ones, the newest first, then those that came with the program."""
        return [one.name for one in await self.all()]

    async def path_of(self, name: str) -> Path:
        """Raises:
        NoSuchVersion: there is none of that name.
        ChangedVersion: its file is not what it was.
        """
        return await self._shelf.path_of(name)

    async def all(self) -> list[Known]:
        """Every version whose file can be read."""
        return await self._shelf.all(self._poet.in_use.path if self._poet.in_use is not None else None)

    async def begin(self) -> None:
        """Before anything is loaded: have the weights loaded that were in use when the bot was stopped."""
        await self._repository.forget_processes(self._process)
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
            if use is not None and use.id != self._followed:
                self._followed = use.id
                try:
                    await self._swap(use.name)
                except Refusal as refusal:
                    self._note(use.name or "", str(refusal.values.get("reason", refusal.key)))
            await self._tell()

    async def _tell(self) -> None:
        """Let the other processes see what this one uses."""
        in_use = self._poet.in_use
        loaded = Loaded(self._process, in_use.name if in_use is not None else None, self.fault)
        if loaded != self._told:
            await self._repository.note(loaded, self._now())
            self._told = loaded

    async def loaded(self) -> list[Loaded]:
        """What each process of the bot uses; what is loaded here at the start is waited for."""
        await self._poet.ready()
        await self._tell()
        return await self._repository.loaded()

    async def untold(self) -> list[Version]:
        """New versions of which no owner has heard."""
        return await self._repository.untold()

    async def note_told(self, name: str) -> None:
        await self._repository.tell(name, self._now())

    async def current(self) -> str | None:
        """The name of what writes poems here, once it is loaded; None where nothing can."""
        await self._poet.ready()
        return self._poet.in_use.name if self._poet.in_use is not None else None

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

    async def check_deletable(self, name: str) -> None:
        """Raises:
        NoSuchVersion: there is none of that name.
        ShippedVersion: it came with the program.
        VersionInUse: it writes the poems.
        VersionNeeded: a job goes on from it.
        LastVersion: there is no other.
        """
        known = await self.all()
        if await self._repository.get(name) is None:
            raise ShippedVersion(name=name) if name in {one.name for one in known} else NoSuchVersion(name=name)
        if name in {loaded.name for loaded in await self.loaded()}:
            raise VersionInUse(name=name)
        if await self.goes_on_from(name):
            raise VersionNeeded(name=name)
        if not [one for one in known if one.name != name]:
            raise LastVersion(name=name)

    async def delete(self, name: str) -> None:
        """Raises:
        NoSuchVersion, ShippedVersion, VersionInUse, VersionNeeded, LastVersion: as check_deletable() does.
        """
        async with self._turn:
            await self.check_deletable(name)
            if not await self._repository.remove(name):
                raise VersionInUse(name=name)
            await asyncio.to_thread(self._shelf.path(name).unlink, missing_ok=True)

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict:
        """Make a version of weights that a job has trained, and use it if it is better than what is in use.

        It is measured in a child process. A job whose weights were considered already gets the verdict once more.

        Raises:
            NotOurWeights: the file is none of ours, or damaged.
        """
        known = await self._repository.of_job(job_id)
        if known is not None:
            return await self._decided(known)
        name = f"{_NOT_IN_NAMES.sub('-', recipe.lower()).strip('-') or 'weights'}-{job_id}"
        try:
            await self._poet.try_out(weights)
        except NoNetwork as refusal:
            raise NotOurWeights(refusal.values["reason"]) from refusal
        path = await asyncio.to_thread(self._shelf.take, weights, name)
        reason, figures = await self._judged(path, corpus)
        version = Version(
            name=name,
            weights=await asyncio.to_thread(fingerprint, path),
            job_id=job_id,
            recipe=recipe,
            corpus=corpus,
            bytes=path.stat().st_size,
            figures=figures,
            verdict=DECIDING if reason in BETTER else reason,
            made_at=self._now(),
        )
        log.info("Version %s: %s, %s", name, reason, dict(figures))
        await self._repository.add(version)
        return await self._decided(version)

    async def _decided(self, version: Version) -> Verdict:
        """The verdict on a version; where it is to take over, it does, if it was not stopped from it before."""
        reason = version.verdict
        if reason == DECIDING:
            reason = await self._promoted(version.name, judgement(version.figures, version.corpus))
            await self._repository.judge(version.name, reason)
            log.info("Version %s has taken over: %s", version.name, reason)
        return Verdict(version.name, reason in BETTER, reason, version.figures)

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


async def _nothing_goes_on(_: str) -> bool:
    return False
