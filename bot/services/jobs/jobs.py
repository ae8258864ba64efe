"""The queue of jobs, and what is done about each: started, looked after, stopped, gone on with, judged."""

import asyncio
import logging
import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from bot.sections import TrainingSection
from bot.services.jobs.process import JobFolder, Sources, command, environment, is_alive, silent_since, start, stop
from bot.services.jobs.progress import Progress
from bot.services.refusals import Refusal
from bot.services.version_refusals import ChangedVersion, NoSuchVersion
from bot.store.jobs import ENDED, Asker, End, Job, JobRepository, Order, Start, State
from model.run_log import Event

log = logging.getLogger(__name__)

MOST_STARTS: Final = 3
"""A process that is lost so often without coming further is not started again by itself."""
LONGEST_DETAIL: Final = 500
MOST_REMEMBERED: Final = 8
"""Jobs whose events need not be read again from the beginning."""


class NoSuchJob(Refusal):
    key = "error.jobs.unknown"


class NotNow(Refusal):
    """What is asked for cannot be done to a job as it is."""

    key = "error.jobs.not_now"


class NoSuchRecipe(Refusal):
    key = "error.jobs.recipe"


class DoesNotFit(Refusal):
    """A recipe that cannot go on from the weights that were asked for."""

    key = "error.jobs.does_not_fit"


class NothingToTry(Refusal):
    """A network that has not learnt anything yet."""

    key = "error.jobs.nothing_to_try"


class Verdict(Protocol):
    """What became of a network that was trained."""

    @property
    def name(self) -> str: ...

    @property
    def promoted(self) -> bool: ...

    @property
    def reason(self) -> str: ...


class Corpora(Protocol):
    async def path_of(self, name: str) -> Path: ...


class Versions(Protocol):
    async def path_of(self, name: str) -> Path: ...

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict: ...


class Jobs:
    """One training after another, each in a process of its own.

    The row, the folder and its lock say all that is to be known: whoever is killed, the next `look()` goes on. Only one
    bot at a time is to call it; were there two, the lock of the folder would keep them from doing the same job twice.
    """

    def __init__(
        self,
        store: JobRepository,
        folder: Path,
        settings: TrainingSection,
        corpora: Corpora,
        versions: Versions,
    ) -> None:
        self.store = store
        self.secret: str | None = None
        """The token, which no process is to see."""
        self._folder = folder
        self._settings = settings
        self._corpora = corpora
        self._versions = versions
        self._turn = asyncio.Lock()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._progress: dict[int, tuple[Progress, int]] = {}

    def folder(self, job_id: int) -> JobFolder:
        return JobFolder(self._folder / str(job_id))

    async def get(self, job_id: int) -> Job:
        """Raises:
        NoSuchJob: there is none of that number.
        """
        job = await self.store.get(job_id)
        if job is None:
            raise NoSuchJob(job=job_id)
        return job

    async def add(self, order: Order, asker: Asker, now: datetime) -> int:
        """Put a job into the queue. Returns its number.

        Raises:
            Refusal: corpus or version are not known.
        """
        await self._sources(order.corpus, order.origin)
        return await self.store.add(order, asker, now)

    async def cancel(self, job_id: int, now: datetime) -> State:
        """Take a job out of the queue, or stop it; what it has learnt so far is kept. Returns what it is then.

        Raises:
            NoSuchJob, NotNow: it is not there, or nothing is to be stopped.
        """
        async with self._turn:
            job = await self.get(job_id)
            if job.state is State.QUEUED:
                await self._move(job, State.STOPPED, now)
            elif job.state in (State.RUNNING, State.STOPPING):
                await self._move(job, State.STOPPING, now)
                await asyncio.to_thread(stop, self.folder(job_id), self._processes.get(job_id))
                await self._settle(await self.get(job_id), now)
            else:
                raise NotNow(job=job_id)
        return (await self.get(job_id)).state

    async def resume(self, job_id: int, now: datetime) -> None:
        """Put a job that did not come to its end into the queue once more; it goes on from its last checkpoint.

        Raises:
            NoSuchJob, NotNow: it is not there, or did not end before its time.
        """
        job = await self.get(job_id)
        if not await self.store.move(job.id, State.QUEUED, now):
            raise NotNow(job=job_id)

    async def look(self, now: datetime) -> bool:
        """See to the job that runs; where none does, begin the next one. Returns whether there was anything to do.

        While one is judged none begins: a training and a judgement together would leave people nothing of two cores,
        and the next may be meant to go on from what the last has made.
        """
        async with self._turn:
            await self._end_strays()
            job = await self.store.first(State.RUNNING, State.STOPPING)
            if job is None:
                if await self.store.first(State.JUDGING) is not None:
                    return True
                job = await self.store.first(State.QUEUED)
                if job is None:
                    return False
                await self._move(job, State.RUNNING, now)
                await self._start(job, now, starts=1)
            elif not await asyncio.to_thread(is_alive, self.folder(job.id), self._processes.get(job.id)):
                await self._settle(job, now)
            elif job.state is State.STOPPING:  # a bot before this one began to stop it
                await asyncio.to_thread(stop, self.folder(job.id), self._processes.get(job.id))
            return True

    async def judge(self, now: datetime) -> None:
        """Have the weights of a job that is finished judged. Takes minutes."""
        job = await self.store.first(State.JUDGING)
        if job is None:
            return
        try:
            verdict = await self._versions.consider(
                self.folder(job.id).weights, job_id=job.id, recipe=job.recipe, corpus=job.corpus
            )
        except Refusal as refusal:
            await self._move(job, State.FAILED, now, End("judging", refusal.key))
            return
        except OSError as error:  # were it only tried again, nobody would hear that the disk is full
            await self._move(job, State.FAILED, now, End("disk", str(error)))
            return
        except Exception as error:  # nor that something unforeseen comes back each time
            log.exception("Job %d could not be judged", job.id)
            await self._move(job, State.FAILED, now, End("judging", repr(error)))
            return
        result = {"name": verdict.name, "promoted": verdict.promoted, "reason": verdict.reason}
        await self._move(job, State.DONE, now, End(result=result))

    async def progress(self, job: Job) -> Progress:
        """How far it is, by what stands in its folder."""
        progress, offset = self._progress.get(job.id, (Progress(), 0))
        events, end = await asyncio.to_thread(self.folder(job.id).log.read, offset)
        for event in events:
            progress.take(event)
        self._progress[job.id] = (progress, end)
        while len(self._progress) > MOST_REMEMBERED:
            del self._progress[min(self._progress)]
        return progress

    async def silent_since(self, job: Job) -> datetime | None:
        """Since when the process of a job that runs gives no sign of life: it hangs, or the machine does."""
        if job.state is not State.RUNNING:
            return None
        return await asyncio.to_thread(silent_since, self.folder(job.id))

    # What follows has its turn.

    async def _end_strays(self) -> None:
        """Another process of the bot may have stopped a job whose own process had not come to the lock yet."""
        for job_id, process in list(self._processes.items()):
            if process.poll() is None and (await self.get(job_id)).state in ENDED:
                log.warning("Job %d has ended, and its process goes on: it is stopped", job_id)
                await asyncio.to_thread(stop, self.folder(job_id), process)

    async def _start(self, job: Job, now: datetime, *, starts: int) -> None:
        """Start its process, unless one works there already."""
        folder = self.folder(job.id)
        try:
            sources = await self._sources(job.corpus, job.origin)
        except Refusal as refusal:
            missing = "weights" if isinstance(refusal, NoSuchVersion | ChangedVersion) else "corpus"
            await self._move(job, State.FAILED, now, End(missing, refusal.key))
            return
        try:
            step, offset = await asyncio.to_thread(_prepare, folder)
            await self.store.start(job.id, Start(starts, step, offset))
            process = await asyncio.to_thread(self._spawn, job, folder, sources)
        except OSError as error:
            await self._move(job, State.FAILED, now, End("disk", str(error)))
            return
        if process is not None:
            self._processes[job.id] = process
            log.info("Job %d: process %d, start %d from step %d", job.id, process.pid, starts, step)

    def _spawn(self, job: Job, folder: JobFolder, sources: Sources) -> subprocess.Popen[bytes] | None:
        if is_alive(folder, None):
            return None
        settings = self._settings
        variables = environment(os.environ, settings.threads, self.secret)
        return start(command(job, folder, sources, settings), folder, variables, settings.niceness)

    async def _settle(self, job: Job, now: datetime) -> None:
        """Its process is gone: find out why, and what is to be done."""
        process = self._processes.pop(job.id, None)
        events, _ = await asyncio.to_thread(self.folder(job.id).log.read, job.event_offset)
        end = next((event for event in reversed(events) if event["event"] == "end"), None)
        if end is not None and end["outcome"] != "stopped":
            await self._conclude(job, end, now)
        elif job.state is State.STOPPING:
            await self._move(job, State.STOPPED, now)
        elif end is None and process is not None and process.returncode > 0 and self._settings.processes == 1:
            # It came to an end of its own before it could tell anything: the log has the reason. What starts a team of
            # processes ends so, too, when one of them is killed.
            await self._move(job, State.FAILED, now, End("unexpected"))
        else:
            await self._lost(job, now)

    async def _conclude(self, job: Job, end: Event, now: datetime) -> None:
        if end["outcome"] == "finished":
            await self._move(job, State.JUDGING if job.kind == "retrain" else State.DONE, now)
        else:
            detail = str(end.get("text", ""))[:LONGEST_DETAIL]
            await self._move(job, State.FAILED, now, End(str(end.get("kind", "unexpected")), detail))

    async def _lost(self, job: Job, now: datetime) -> None:
        """Killed, or stopped by somebody who did not ask here: as where the machine is shut down."""
        step = await asyncio.to_thread(self.folder(job.id).saved_step)
        starts = 1 if step is not None and step > job.step else job.starts + 1
        log.warning("Job %d: its process is gone; its checkpoint is at step %s", job.id, step)
        if self._settings.on_lost == "mark" or starts > MOST_STARTS:
            await self._move(job, State.LOST, now, End("lost"))
        else:
            await self._start(job, now, starts=starts)

    async def _sources(self, corpus: str, origin: str) -> Sources:
        return Sources(
            await self._corpora.path_of(corpus) if corpus else None,
            await self._versions.path_of(origin) if origin else None,
        )

    async def _move(self, job: Job, to: State, now: datetime, end: End | None = None) -> None:
        if not await self.store.move(job.id, to, now, end):
            return
        log.info("Job %d: %s", job.id, to)
        if to is State.DONE:  # nothing will go on from it, and it is the largest of the files
            await asyncio.to_thread(self.folder(job.id).checkpoint.unlink, missing_ok=True)


def _prepare(folder: JobFolder) -> tuple[int, int]:
    """The step of the checkpoint and the bytes of the events, in a folder that is there."""
    folder.folder.mkdir(parents=True, exist_ok=True)
    return folder.saved_step() or 0, folder.size()
