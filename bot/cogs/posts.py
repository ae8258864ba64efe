"""What the bot posts by itself in a server: poems, in the way in which the server wants them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import discord

from bot.app import PoetBot
from bot.cogs.pictures import PICTURE
from bot.services.fame import NoPlace, Unclear
from bot.services.readers import Reader
from bot.services.refusals import Refusal
from bot.services.seasons import occasion_of
from bot.store.blocks import Subject
from bot.store.daily import DailyPost
from bot.store.fame import FamePost, Renown
from bot.store.poems import KeptPoem
from bot.ui.community import PostedCard, daily_line, fame_line
from bot.ui.favorites import recount
from bot.ui.picture import picture_file
from bot.ui.presses import Press, custom_id, poem_in

log = logging.getLogger(__name__)

Channel = discord.abc.GuildChannel | discord.Thread

MOST_SEARCHED: Final = 200
"""Messages of a channel among which a post is looked for."""
CLOCKS: Final = timedelta(minutes=5)
"""So much may Discord's clock and ours differ."""
KNOWS_NONCE: Final = timedelta(minutes=2)
"""So long Discord surely knows a nonce again; it says "the past few minutes"."""


@contextmanager
def reaching_discord() -> Iterator[None]:
    """Raises:
    NoPlace: Discord refuses, and will refuse the same again.
    Unclear: there is no telling whether it did what was asked.
    """
    try:
        yield
    except (aiohttp.ClientError, OSError) as silence:  # TimeoutError is one of the last
        raise Unclear(str(silence)) from silence
    except discord.HTTPException as refusal:
        passes = refusal.status == HTTPStatus.TOO_MANY_REQUESTS or refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise (Unclear if passes else NoPlace)(str(refusal)) from refusal


def open_channel(bot: PoetBot, guild_id: int, channel_id: int) -> Channel:
    """The channel, where the bot can write.

    Raises:
        NoPlace: it is gone, or the bot cannot write there.
        Unclear: the server is out of reach at the moment: Discord says so, or has not told of it yet.
    """
    guild = bot.get_guild(guild_id)
    if guild is None or guild.unavailable:
        raise Unclear(f"the server {guild_id} is out of reach")
    channel = guild.get_channel_or_thread(channel_id)
    if channel is None:
        raise NoPlace(f"the channel {channel_id} is gone")
    allowed = channel.permissions_for(channel.guild.me)
    writes = allowed.send_messages_in_threads if isinstance(channel, discord.Thread) else allowed.send_messages
    if not allowed.view_channel or not writes:
        raise NoPlace(f"the bot may not write in the channel {channel_id}")
    if bot.blocks.holds(Subject.SERVER, guild_id):
        raise NoPlace(f"the server {guild_id} is blocked")
    return channel


async def post_poem(bot: PoetBot, channel: Channel, kept: KeptPoem, reader: Reader, line: str, nonce: str) -> int:
    """Post a poem as its server wants it, with a line that says why. Returns the message's id.

    By the nonce Discord knows an attempt that it has seen, where it is made again.

    Raises:
        NoPlace, Unclear: as reaching_discord() does.
    """
    pictured = (reader.display or bot.config.poem.display) == PICTURE
    may_attach = channel.permissions_for(channel.guild.me).attach_files
    picture = await _picture(bot, kept) if pictured and may_attach else None
    card = PostedCard(kept, line, reader.language, pictured=picture is not None)
    target = bot.get_partial_messageable(channel.id, guild_id=channel.guild.id)
    with reaching_discord():
        message = await target.send(view=card, files=[picture] if picture is not None else [], nonce=nonce)
    return message.id


async def _picture(bot: PoetBot, kept: KeptPoem) -> discord.File | None:
    try:
        return picture_file(await bot.pictures.picture(kept.id, kept.poem))
    except Refusal as refusal:
        log.info("Poem %d is posted without its picture: %s", kept.id, refusal.key)
        return None


async def find_poem(bot: PoetBot, channel: Channel, poem_id: int, since: datetime) -> int | None:
    """The id of our message that shows the poem, among those posted since then; None where there is none.

    Raises:
        NoPlace: the bot may not read there.
        NoPlace, Unclear: as reaching_discord() does.
    """
    if not channel.permissions_for(channel.guild.me).read_message_history:
        # Discord would show an empty channel.
        raise NoPlace(f"the bot may not read what stands in the channel {channel.id}")
    messages = bot.get_partial_messageable(channel.id, guild_id=channel.guild.id)
    with reaching_discord():
        async for message in messages.history(after=since - CLOCKS, limit=MOST_SEARCHED):
            ours = bot.user is not None and message.author.id == bot.user.id
            if ours and poem_in(message.components) == poem_id:
                return message.id
    return None


async def post_of_the_day(bot: PoetBot, channel: Channel, post: DailyPost) -> None:
    """Raises:
    NoPlace, Unclear: as reaching_discord() does.
    """
    reader = await bot.readers.of_server(channel.guild.id)
    line = daily_line(occasion_of(post.day).name, reader.language)
    await post_poem(bot, channel, await _kept(bot, post.poem_id), reader, line, nonce=f"daily {post.poem_id}")


async def ensure_post_of_the_day(bot: PoetBot, channel: Channel, post: DailyPost) -> None:
    """Post it unless it stands there; where nothing can be read, as long as Discord knows the first attempt again.

    Raises:
        NoPlace: there is no telling whether it stands there, and a second one must not come.
        NoPlace, Unclear: as reaching_discord() does.
    """
    try:
        if await find_poem(bot, channel, post.poem_id, post.begun_at) is not None:
            return
    except NoPlace:
        if discord.utils.utcnow() - post.begun_at > KNOWS_NONCE:
            raise
    await post_of_the_day(bot, channel, post)


class HallPoster:
    """Posts for the hall of fame."""

    def __init__(self, bot: PoetBot) -> None:
        self._bot = bot

    async def post(self, channel_id: int, renown: Renown) -> int:
        """Returns the message's id."""
        bot, guild_id = self._bot, renown.guild_id
        channel = open_channel(bot, guild_id, channel_id)
        kept = await _kept(bot, renown.poem_id)
        words = await bot.moderation.words_for(guild_id)
        if words.in_poem(kept.poem.text, kept.poem.theme):
            raise NoPlace(f"poem {kept.id} has words that are not wanted there")
        reader = await bot.readers.of_server(guild_id)
        line = fame_line(await self._name(channel.guild, renown.person_id), reader.language)
        return await post_poem(bot, channel, kept, reader, line, nonce=f"fame {kept.id}")

    async def change(self, channel_id: int, message_id: int, renown: Renown) -> None:
        """All of the message stays as it is but the number beside the star."""
        with reaching_discord():
            message = await self._bot.get_partial_messageable(channel_id).fetch_message(message_id)
            view = discord.ui.LayoutView.from_message(message, timeout=None)
            view.stop()
            for item in view.walk_children():
                if isinstance(item, discord.ui.Button) and item.custom_id == custom_id(renown.poem_id, Press.KEEP):
                    recount(view, item, message.attachments, renown.loved)
            await message.edit(view=view)

    async def remove(self, channel_id: int, message_id: int) -> None:
        with reaching_discord():
            await self._bot.get_partial_messageable(channel_id).get_partial_message(message_id).delete()

    async def find(self, post: FamePost) -> int | None:
        """Looks through what was posted in the channel since."""
        channel = open_channel(self._bot, post.guild_id, post.channel_id)
        return await find_poem(self._bot, channel, post.poem_id, post.posted_at)

    async def _name(self, guild: discord.Guild, person_id: int) -> str | None:
        """What somebody is called there; None for the bot itself, and where Discord does not tell."""
        if self._bot.user is not None and person_id == self._bot.user.id:
            return None
        try:
            return (await guild.fetch_member(person_id)).display_name
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("Hall of fame of server %d: %d is not named: %s", guild.id, person_id, error)
            return None


async def _kept(bot: PoetBot, poem_id: int) -> KeptPoem:
    kept = await bot.poems.find(poem_id)
    if kept is None:
        raise NoPlace(f"poem {poem_id} is gone")
    return kept
