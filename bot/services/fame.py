"""The hall of fame: a poem that enough people keep is posted once in a channel of its server."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from bot.current import of_nobody
from bot.share import ALL, Share
from bot.store.fame import FamePost, FameRepository, PostState, Renown

log = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000
"""Poems that wait to be looked at; of more, the next star reminds."""
MOST_CHANGES: Final = 50
"""Messages that one round changes."""


class NoPlace(Exception):  # noqa: N818 - a state of things
    """The channel or the message is gone, or not the bot's to write in: nothing has happened, and nothing will."""


class Unclear(Exception):  # noqa: N818 - a state of things
    """Discord did not answer: it may have happened or not."""


class Poster(Protocol):
    """Posts for the service. Every method raises NoPlace or Unclear."""

    async def post(self, channel_id: int, renown: Renown) -> int:
        """Returns the message's id."""

    async def change(self, channel_id: int, message_id: int, renown: Renown) -> None:
        """Write anew how many keep the poem."""

    async def remove(self, channel_id: int, message_id: int) -> None:
        """Delete the message."""

    async def find(self, post: FamePost) -> int | None:
        """The id of the message that shows the poem, posted then or later; None where there is none."""


class FameService:
    """Decides what stands in the halls, one poem after another.

    A post is claimed in the database before it is made, so that no poem is ever posted twice. Where the process ends,
    or Discord is silent, in between, the channel tells the next time whether the message is there. Where even that
    cannot be read, the poem rather stays out.
    """

    def __init__(self, posts: FameRepository, clock: Callable[[], datetime], share: Share = ALL) -> None:
        self._posts = posts
        self._clock = clock
        self._share = share
        self._poster: Poster | None = None
        self._waiting: dict[int, None] = {}  # in order
        self._changing: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self, poster: Poster) -> None:
        """From now on this one posts. What an earlier run left half done comes first."""
        self._poster = poster
        for poem_id in await self._unsettled([PostState.POSTING, PostState.WITHDRAWN], MOST_WAITING):
            self._look_at(poem_id)
        await self.answer_calls()
        self._work_soon()

    async def answer_calls(self) -> None:
        """Look at what other processes left to this one."""
        for poem_id in await self._posts.answer_calls(self._share):
            self._look_at(poem_id)

    async def consider(self, poem_id: int) -> None:
        """More or fewer people keep the poem. What follows from it happens by and by."""
        self._look_at(poem_id)

    async def withdraw(self, poem_ids: Sequence[int]) -> None:
        """Take these poems out of every hall: it is settled when this returns, and the messages go right after."""
        await self._posts.withdraw(poem_ids)
        for poem_id in poem_ids:
            self._look_at(poem_id)

    async def refresh(self) -> None:
        """Bring numbers up to date, and try again what Discord did not take.

        To be called every few minutes: no message is changed more often than that.
        """
        for poem_id in await self._unsettled([PostState.POSTING, PostState.STALE, PostState.WITHDRAWN], MOST_CHANGES):
            self._changing.add(poem_id)
            self._look_at(poem_id)

    async def close(self) -> None:
        """Finish what is being posted. What then waits is told by the next star, or found at the next start."""
        self._poster = None
        self._waiting.clear()
        if self._task is not None:
            await self._task

    async def _unsettled(self, states: Sequence[PostState], limit: int) -> list[int]:
        return await self._posts.unsettled(states, limit, self._share)

    def _look_at(self, poem_id: int) -> None:
        if len(self._waiting) >= MOST_WAITING:
            log.warning("Hall of fame: too many poems wait, poem %d is passed over", poem_id)
            return
        self._waiting[poem_id] = None
        self._work_soon()

    def _work_soon(self) -> None:
        if self._poster is not None and self._task is None and self._waiting:
            work = self._work(self._poster)
            self._task = asyncio.create_task(work, name="fame", context=of_nobody())

    async def _work(self, poster: Poster) -> None:
        """Ends when nothing waits."""
        try:
            while self._waiting:
                poem_id = next(iter(self._waiting))
                del self._waiting[poem_id]
                try:
                    await self._see_to(poster, poem_id)
                except Exception:  # nobody waits for this task who could be told, and the others are to have their turn
                    log.exception("Hall of fame: could not see to poem %d", poem_id)
                self._changing.discard(poem_id)
        finally:
            self._task = None

    async def _see_to(self, poster: Poster, poem_id: int) -> None:
        renown = await self._posts.renown(poem_id)
        posts = await self._posts.posts(poem_id)
        servers = [post.guild_id for post in posts]
        if renown is not None and renown.is_famous:
            servers.append(renown.guild_id)
        if servers and not self._share.has(servers[0]):
            await self._posts.call(poem_id, servers[0])
            return
        for post in posts:
            try:
                await self._settle(poster, post, renown)
            except Unclear as silence:
                log.warning("Hall of fame: poem %d in channel %d waits: %s", poem_id, post.channel_id, silence)
        if renown is not None and renown.is_famous and not posts:
            await self._enter(poster, renown)

    async def _enter(self, poster: Poster, renown: Renown) -> None:
        """Post the poem."""
        hall_id, poem_id = renown.hall_id, renown.poem_id
        if hall_id is None or not await self._posts.claim(renown, self._clock()):
            return
        try:
            message_id = await poster.post(hall_id, renown)
        except NoPlace as reason:
            # The next star asks again: the managers may have mended it by then.
            log.warning("Hall of fame of server %d: %s", renown.guild_id, reason)
            await self._posts.forget(poem_id, renown.guild_id)
        except Unclear as silence:
            log.warning("Hall of fame: whether poem %d was posted is seen later: %s", poem_id, silence)
        else:
            await self._posts.confirm(poem_id, renown.guild_id, message_id)
            log.info("Hall of fame of server %d: poem %d", renown.guild_id, poem_id)

    async def _settle(self, poster: Poster, post: FamePost, renown: Renown | None) -> None:
        """Do what is to be done about a post."""
        if post.state is PostState.WITHDRAWN or renown is None:
            await self._remove(poster, post)
        elif post.message_id is None:
            await self._find(poster, post, renown)
        elif post.poem_id not in self._changing:
            await self._posts.mark_stale(post.poem_id)  # refresh() comes for it
        else:
            # Confirmed first: a star that comes in between makes it stale again.
            await self._posts.confirm(post.poem_id, post.guild_id, post.message_id)
            try:
                await poster.change(post.channel_id, post.message_id, renown)
            except NoPlace as reason:
                log.info("Hall of fame of server %d: poem %d stays as it is: %s", post.guild_id, post.poem_id, reason)
            except Unclear:
                await self._posts.mark_stale(post.poem_id)
                raise

    async def _find(self, poster: Poster, post: FamePost, renown: Renown) -> None:
        """Find out what became of a post that was begun."""
        try:
            message_id = await poster.find(post)
            if message_id is None:
                message_id = await poster.post(post.channel_id, renown)
        except NoPlace as reason:
            log.warning("Hall of fame of server %d: poem %d is left out: %s", post.guild_id, post.poem_id, reason)
        else:
            await self._posts.confirm(post.poem_id, post.guild_id, message_id)

    async def _remove(self, poster: Poster, post: FamePost) -> None:
        try:
            message_id = post.message_id or await poster.find(post)
            if message_id is not None:
                await poster.remove(post.channel_id, message_id)
        except NoPlace as reason:
            log.info("Hall of fame of server %d: poem %d is out of reach: %s", post.guild_id, post.poem_id, reason)
        await self._posts.forget(post.poem_id, post.guild_id)
