"""The poem of the day: for which servers it is time, and what it is about."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from bot.sections import PoemSection
from bot.services.moderation import Moderation, compose_clean
from bot.services.poet import PoetService
from bot.services.readers import Reader
from bot.services.schedule import LATEST, due, hours_due
from bot.services.seasons import occasion_of
from bot.store.daily import DailyPost, DailyRepository
from bot.store.origin import Origin
from bot.store.poems import PoemRecord
from bot.store.servers import ServerSettings
from model.forms import Form
from model.requests import Poem, PoemRequest
from model.script import Script, convert

_FREE: Final = "free"
_NO_REQUEST: Final = 0


@dataclass(frozen=True, slots=True)
class DuePoem:
    """A poem that a server is to get now."""

    guild_id: int
    channel_id: int
    day: date
    settings: ServerSettings


class DailyService:
    def __init__(
        self, repository: DailyRepository, poet: PoetService, moderation: Moderation, usual: PoemSection
    ) -> None:
        self._repository = repository
        self._poet = poet
        self._moderation = moderation
        self._usual = usual

    async def due(self, now: datetime) -> list[DuePoem]:
        """Whose poem is to be sent now."""
        hours = list(hours_due(await self._repository.zones(), now))
        return [
            DuePoem(guild_id, settings.daily_channel_id, day, settings)
            for guild_id, settings in await self._repository.within(hours)
            if settings.daily_channel_id is not None and (day := due(settings, now)) is not None
        ]

    async def claim(self, poem: DuePoem) -> bool:
        """Note that the server's day is seen to without a post. Returns whether the caller is the first to do so."""
        return await self._repository.claim(poem.guild_id, poem.settings, poem.day)

    async def begin(self, due: DuePoem, poem: PoemRecord, author_id: int, now: datetime) -> DailyPost | None:
        """Keep the poem and note that the day is seen to by posting it; only the first who asks may."""
        origin = Origin(_NO_REQUEST, author_id, due.guild_id, due.channel_id)
        return await self._repository.begin(origin, due.settings, due.day, poem, now)

    async def unfinished(self, now: datetime) -> list[DailyPost]:
        """What was begun and may not have come to its channel. What would come too late is given up."""
        posts = await self._repository.unfinished()
        for post in posts:
            if now - post.begun_at > LATEST:
                await self._repository.end(post)
        return [post for post in posts if now - post.begun_at <= LATEST]

    async def end(self, post: DailyPost) -> None:
        """It stands in its channel, or never will."""
        await self._repository.end(post)

    async def write(self, poem: DuePoem, reader: Reader) -> Poem:
        """Raises:
        Refusal: it cannot be written now.
        """
        usual = self._usual
        form, script = reader.form or usual.form, reader.script or Script(usual.script)
        words = await self._moderation.words_for(poem.guild_id)
        # A theme takes a form; and a server that wants no wine has its season without.
        theme = convert(occasion_of(poem.day).theme, script)
        wish = PoemRequest(
            form=Form(form) if form != _FREE else None,
            theme=theme if form != _FREE and not words.in_text(theme) else None,
            temperature=usual.temperature,
            top_k=usual.top_k,
            top_p=usual.top_p,
            script=script,
            candidates=usual.candidates,
        )
        return await compose_clean(partial(self._poet.compose, server=poem.guild_id), wish, words)
