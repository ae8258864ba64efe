"""What belongs to a server: who may change it, and where the bot can post in it."""

import discord

from bot.app import PoetBot
from bot.cogs.pictures import PICTURE
from bot.reading import reader_of
from bot.services.serving import (
    CannotPost,
    ChannelGone,
    MayNotManage,
    NotAMember,
    NotInAServer,
    needed_permissions,
)
from bot.store.servers import ServerSettings
from bot.ui.guards import GuardedItem, Widget
from bot.ui.server import Posting
from bot.words import say

Interaction = discord.Interaction[PoetBot]


class ServerItem(GuardedItem[Widget], template=r"(?!)"):
    """Something to press on a panel of a server; whoever presses must still be allowed to."""

    async def press(self, interaction: Interaction) -> None:
        await self.change(interaction, managed(interaction))

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        raise NotImplementedError


def managed(interaction: Interaction) -> discord.Guild:
    """The server that somebody manages.

    Raises:
        NotInAServer: it is a direct message.
        NotAMember: the bot is in that server only through somebody's own account.
        MayNotManage: the person may not, or may no longer, manage it.
    """
    if interaction.guild_id is None:
        raise NotInAServer
    guild = interaction.client.get_guild(interaction.guild_id)
    if guild is None:
        raise NotAMember
    if not interaction.permissions.manage_guild:
        raise MayNotManage
    return guild


def check_channel(
    interaction: Interaction, guild: discord.Guild, posting: Posting, channel_id: int, server: ServerSettings
) -> None:
    """See whether the bot can post in a channel, in the way in which the server wants its poems.

    Raises:
        ChannelGone: there is no such channel, or the bot cannot see it.
        CannotPost: it lacks permissions, which are named.
    """
    channel = guild.get_channel(channel_id)
    if channel is None:
        raise ChannelGone
    if lacking := _missing(interaction, posting, channel, server):
        raise CannotPost(channel=channel.mention, missing=lacking)


def warnings_about(
    interaction: Interaction, guild: discord.Guild, posting: Posting, server: ServerSettings
) -> list[str]:
    """What keeps the bot from posting in the channel that was chosen, if one was."""
    channel_id = channel_for(posting, server)
    if channel_id is None:
        return []
    language = reader_of(interaction).language
    channel = guild.get_channel(channel_id)
    if channel is None:
        return [say(language, "server.gone")]
    lacking = _missing(interaction, posting, channel, server)
    return [say(language, "server.lacking", channel=channel.mention, missing=lacking)] if lacking else []


def channel_for(posting: Posting, server: ServerSettings) -> int | None:
    return server.daily_channel_id if posting is Posting.DAILY else server.fame_channel_id


def _missing(
    interaction: Interaction, posting: Posting, channel: discord.abc.GuildChannel, server: ServerSettings
) -> str:
    """The permissions that the bot lacks in a channel, as Discord calls them; nothing where it has all."""
    pictures = (server.display or interaction.client.config.poem.display) == PICTURE
    wanted = needed_permissions(fame=posting is Posting.FAME, pictures=pictures)
    allowed = channel.permissions_for(channel.guild.me)
    language = reader_of(interaction).language
    return " · ".join(say(language, f"permission.{name}") for name in wanted if not getattr(allowed, name))
