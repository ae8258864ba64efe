"""The panels on which a server chooses where the bot posts by itself."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import discord

from bot.ui.guards import GuardedLayout
from bot.ui.settings import TEAL
from bot.words import Language, say

CHANNEL_TYPES: Final = [discord.ChannelType.text, discord.ChannelType.news]


class Posting(StrEnum):
    """What the bot posts by itself; part of custom ids, so never to be renamed."""

    DAILY = "daily"
    FAME = "fame"


class Change(StrEnum):
    """What can be changed about it; part of custom ids, so never to be renamed."""

    CHANNEL = "channel"
    WHEN = "when"
    OFF = "off"


class PostingPanel(GuardedLayout):
    """How it stands, the channel, and buttons for the rest."""

    def __init__(
        self,
        posting: Posting,
        lines: Sequence[str],
        channel: discord.abc.GuildChannel | None,
        language: Language,
        *,
        on: bool,
    ) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[PostingPanel] = discord.ui.Container(accent_colour=TEAL)
        title = say(language, f"server.{posting}.title")
        container.add_item(discord.ui.TextDisplay("\n".join([f"### {title}", *lines])))
        select: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(
            custom_id=custom_id(posting, Change.CHANNEL),
            channel_types=CHANNEL_TYPES,
            placeholder=say(language, "server.channel"),
            default_values=[channel] if channel is not None else [],
        )
        container.add_item(discord.ui.ActionRow(select))
        container.add_item(
            discord.ui.ActionRow(
                discord.ui.Button(
                    label=say(language, f"server.{posting}.when"), custom_id=custom_id(posting, Change.WHEN)
                ),
                discord.ui.Button(
                    label=say(language, "server.off"), custom_id=custom_id(posting, Change.OFF), disabled=not on
                ),
            )
        )
        self.add_item(container)
        self.stop()


def custom_id(posting: Posting, change: Change) -> str:
    return f"server:{posting}:{change}"
