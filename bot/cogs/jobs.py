"""Looks after the trainings: the next one begins, the message of each shows how far it is, and its end is told."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import discord
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.cogs.posts import open_channel, reaching_discord
from bot.services.fame import NoPlace, Unclear
from bot.services.jobs import Progress
from bot.services.refusals import Refusal
from bot.store.jobs import ENDED, Job, State, Watch
from bot.ui.jobs import JobCard, Sight, end_line, has_plot, plot_file, plot_of
from bot.words import Language

log = logging.getLogger(__name__)

LEASE: Final = "jobs"
BUSY_SECONDS: Final = 1.0
"""Between two looks while a job runs or is to be shown."""
IDLE_SECONDS: Final = 30.0
"""While there is none: another process of the bot may have been asked for one."""
EDIT_SECONDS: Final = timedelta(seconds=5)
OLDEST: Final = timedelta(minutes=55)
"""An older message is replaced: Discord limits how often those of more than an hour can be edited."""
TOO_OLD: Final = 30046
NO_MESSAGE: Final = 10008


class JobsCog(commands.Cog):
    """One process of the bot does this; the others leave it alone."""

    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot
        self.live = LiveMessages(bot)
        bot.jobs.secret = bot.http.token

    async def cog_unload(self) -> None:
        self.look.cancel()
        self.judge.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """After a reconnection it runs already."""
        if not self.look.is_running():
            self.look.start()

    @commands.Cog.listener()
    async def on_job_changed(self, job_id: int) -> None:
        """Somebody asked for it, stopped it or let it go on: it is not to wait for the next look."""
        watch = await self.bot.jobs.store.watch(job_id)
        if watch is not None:
            await self._show(watch, urgent=True)
        if await self._is_ours():
            self._hasten(busy=True)

    @tasks.loop(seconds=BUSY_SECONDS)
    async def look(self) -> None:
        if self.bot.is_closing:  # whatever stops the bot may stop trainings, too: none is to be begun again now
            return
        try:
            if not await self._is_ours():
                self._hasten(busy=False)
                return
            busy = await self.bot.jobs.look(discord.utils.utcnow())
            watches = await self.bot.jobs.store.live()
            if await self.bot.jobs.store.first(State.JUDGING) is not None and not self.judge.is_running():
                self.judge.start()
        except Exception:  # whatever it is, the next look comes
            log.exception("Jobs could not be looked after")
            return
        for watch in watches:
            await self._show(watch, urgent=False)
        self._hasten(busy=busy or bool(watches))

    @tasks.loop(count=1)
    async def judge(self) -> None:
        """Beside the looks: it takes minutes."""
        try:
            await self.bot.jobs.judge(discord.utils.utcnow())
        except Exception:  # not even its end could be noted: the next look begins it again
            log.exception("A trained network could not be judged")

    def _hasten(self, *, busy: bool) -> None:
        seconds = BUSY_SECONDS if busy else IDLE_SECONDS
        if self.look.seconds != seconds:
            self.look.change_interval(seconds=seconds)

    async def _is_ours(self) -> bool:
        """Only one process of the bot sees to the jobs: the one place that decides it."""
        return await self.bot.leases.hold(LEASE, discord.utils.utcnow()) is not None

    async def _show(self, watch: Watch, *, urgent: bool) -> None:
        try:
            await self.live.show(watch, discord.utils.utcnow(), urgent=urgent)
        except Unclear as silence:
            log.warning("The message of job %d: %s", watch.job_id, silence)
        except Exception:  # the other jobs are to be seen all the same
            log.exception("The message of job %d could not be brought up to date", watch.job_id)


class LiveMessages:
    """The one message of each job: posted, edited, replaced, and settled at the end."""

    def __init__(self, bot: PoetBot) -> None:
        self._bot = bot
        self._turns: dict[int, asyncio.Lock] = {}
        self._shown: dict[int, tuple[datetime, tuple[Any, ...]]] = {}
        """When a message was last edited, and what it shows."""

    async def show(self, watch: Watch, now: datetime, *, urgent: bool) -> None:
        """Bring the message of a job up to date, unless that was done a moment ago and nothing important happened.

        Raises:
            Unclear: Discord does not answer; the next try may do.
        """
        async with self._turns.setdefault(watch.job_id, asyncio.Lock()):
            current = await self._bot.jobs.store.watch(watch.job_id)
            job = await self._bot.jobs.store.get(watch.job_id)
            if current is None or job is None:
                return
            if not current.settled:
                await self._bring_up_to_date(current, job, now, urgent=urgent)
            if job.state in ENDED and current.tell and not current.told:
                await self._tell(current, job)
        if job.state in ENDED:
            self._turns.pop(watch.job_id, None)
            self._shown.pop(watch.job_id, None)

    async def _bring_up_to_date(self, watch: Watch, job: Job, now: datetime, *, urgent: bool) -> None:
        store, ended = self._bot.jobs.store, job.state in ENDED
        if watch.channel_id is not None:
            sight = await self.sight(job, now)
            last_at, last = self._shown.get(job.id, (datetime.min.replace(tzinfo=now.tzinfo), ()))
            seen = (job.state, *_signs(sight))
            important = urgent or watch.message_id is None or not last or last[0] != job.state
            if seen == last and watch.message_id is not None:
                return
            if not important and now - last_at < EDIT_SECONDS:
                return
            try:
                await self._edit(watch, sight, now)
            except NoPlace as reason:
                log.warning("Job %d cannot be shown any more: %s", job.id, reason)
                await store.place(job.id, None, None)
            self._shown[job.id] = (now, seen)
        if ended:
            await store.settle(job.id)

    async def sight(self, job: Job, now: datetime) -> Sight:
        jobs = self._bot.jobs
        progress = await jobs.progress(job)
        return Sight(job, progress, await jobs.store.before(job.id), now, await jobs.silent_since(job))

    async def _edit(self, watch: Watch, sight: Sight, now: datetime) -> None:
        """Raises:
        NoPlace: the bot cannot write there any more.
        Unclear: Discord does not answer.
        """
        if watch.message_id is not None and watch.posted_at is not None and now - watch.posted_at < OLDEST:
            card, files = await self.card(sight, Language(watch.language))
            with reaching_discord():
                try:
                    await self._message(watch).edit(view=card, attachments=files)
                except discord.HTTPException as refusal:
                    if refusal.code not in (TOO_OLD, NO_MESSAGE):
                        raise
                else:
                    return
        await self._replace(watch, sight, now)

    async def _replace(self, watch: Watch, sight: Sight, now: datetime) -> None:
        """Post a new message; the one before it goes, where there is one."""
        channel_id = watch.channel_id or 0
        if watch.guild_id is not None:
            open_channel(self._bot, watch.guild_id, channel_id)
        card, files = await self.card(sight, Language(watch.language))
        channel = self._bot.get_partial_messageable(channel_id, guild_id=watch.guild_id)
        with reaching_discord():
            # By the nonce Discord knows a message that was posted just before the bot was killed.
            message = await channel.send(view=card, files=files, nonce=f"job {watch.job_id} {watch.posts}")
        await self._bot.jobs.store.posted(watch, message.id, now)
        if watch.message_id is not None:
            with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                await self._message(watch).delete()

    def _message(self, watch: Watch) -> discord.PartialMessage:
        channel = self._bot.get_partial_messageable(watch.channel_id or 0, guild_id=watch.guild_id)
        return channel.get_partial_message(watch.message_id or 0)

    async def card(
        self, sight: Sight, language: Language, *, private: bool = False
    ) -> tuple[JobCard, list[discord.File]]:
        picture = await self._picture(sight.job, sight.progress)
        files = [plot_file(picture)] if picture is not None else []
        return JobCard(sight, language, pictured=picture is not None, private=private), files

    async def _picture(self, job: Job, progress: Progress) -> bytes | None:
        if not has_plot(job, progress):
            return None
        try:
            key = ("job", job.id, len(progress.losses), len(progress.closed), progress.step)
            return await self._bot.studio.picture(key, lambda: plot_of(job, progress))
        except Refusal as busy:
            log.info("Job %d is shown without its curve: %s", job.id, busy.key)
            return None

    async def _tell(self, watch: Watch, job: Job) -> None:
        """A direct message at the end; whoever takes none is not tried again."""
        line = end_line(job, Language(watch.language))
        try:
            channel = await self._bot.create_dm(discord.Object(watch.person_id))
            with reaching_discord():
                await channel.send(line)
        except (NoPlace, discord.HTTPException) as reason:
            log.warning("Nobody could be told of the end of job %d: %s", job.id, reason)
        await self._bot.jobs.store.tell(job.id)


def _signs(sight: Sight) -> tuple[Any, ...]:
    """What tells that a card would look different."""
    progress = sight.progress
    return (
        sight.waits_for,
        sight.silent_since,
        progress.stage,
        progress.step,
        len(progress.losses),
        len(progress.closed),
    )


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(JobsCog(bot))
