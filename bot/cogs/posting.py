"""Where and when the bot posts by itself in a server: the poem of the day, the hall of fame."""

import asyncio
import re
import unicodedata
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import discord
from discord.utils import format_dt

from bot.cogs.craft import FORM_SECONDS
from bot.cogs.managing import Interaction, ServerItem, check_channel, managed, warnings_about
from bot.reading import reader_of
from bot.services.daytime import clock, last_day, minute_of, next_moment, zone_named
from bot.services.serving import NotANumberOfStars
from bot.store.servers import ServerSettings
from bot.ui.guards import GuardedModal
from bot.ui.server import Change, Posting, PostingPanel, custom_id
from bot.words import Language, say

USUAL_MINUTE: Final = 8 * 60
USUAL_STARS: Final = 5
FEWEST_STARS: Final = 2
MOST_STARS: Final = 100
_LONGEST_ZONE: Final = 64


class DailyChannel(ServerItem[discord.ui.ChannelSelect[Any]], template=custom_id(Posting.DAILY, Change.CHANNEL)):
    """Has the poem of the day posted in a channel, from the next time on."""

    name = "server daily channel"

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        bot, now = interaction.client, discord.utils.utcnow()
        server = await bot.servers.of(guild.id)
        channel_id = self.item.values[0].id
        check_channel(interaction, guild, Posting.DAILY, channel_id, server)
        minute, zone = daily_time(server, reader_of(interaction).language)
        done = last_day(now, minute, ZoneInfo(zone))
        await bot.servers.begin_daily(guild.id, channel_id, minute, zone, done, now)
        await interaction.response.edit_message(view=await daily_panel(interaction, guild))


class DailyWhen(ServerItem[discord.ui.Button[Any]], template=custom_id(Posting.DAILY, Change.WHEN)):
    """Opens the form for hour and time zone."""

    name = "server daily when"

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        language = reader_of(interaction).language
        minute, zone = daily_time(await interaction.client.servers.of(guild.id), language)
        await interaction.response.send_modal(WhenForm(clock(minute), zone, language))


class DailyOff(ServerItem[discord.ui.Button[Any]], template=custom_id(Posting.DAILY, Change.OFF)):
    name = "server daily off"

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        await interaction.client.servers.choose(guild.id, {"daily_channel_id": None}, discord.utils.utcnow())
        await interaction.response.edit_message(view=await daily_panel(interaction, guild))


class WhenForm(GuardedModal):
    """Hour and time zone of the poem of the day."""

    name = "server daily form"

    def __init__(self, time: str, zone: str, language: Language) -> None:
        super().__init__(title=say(language, "server.daily.when"), timeout=FORM_SECONDS)
        self.time: discord.ui.TextInput[Any] = discord.ui.TextInput(custom_id="time", default=time, max_length=8)
        self.zone: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="zone", default=zone, max_length=_LONGEST_ZONE
        )
        self.add_item(
            discord.ui.Label(
                text=say(language, "server.daily.time"),
                description=say(language, "server.daily.time_about"),
                component=self.time,
            )
        )
        self.add_item(
            discord.ui.Label(
                text=say(language, "server.daily.zone"),
                description=say(language, "server.daily.zone_about"),
                component=self.zone,
            )
        )

    async def submit(self, interaction: Interaction) -> None:
        guild = managed(interaction)
        minute = minute_of(self.time.value)
        zone = await asyncio.to_thread(zone_named, self.zone.value)
        now = discord.utils.utcnow()
        done = last_day(now, minute, ZoneInfo(zone))
        await interaction.client.servers.time_daily(guild.id, minute, zone, done, now)
        await interaction.response.edit_message(view=await daily_panel(interaction, guild))


class FameChannel(ServerItem[discord.ui.ChannelSelect[Any]], template=custom_id(Posting.FAME, Change.CHANNEL)):
    """Makes a channel the hall of fame."""

    name = "server fame channel"

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        servers = interaction.client.servers
        server = await servers.of(guild.id)
        channel_id = self.item.values[0].id
        check_channel(interaction, guild, Posting.FAME, channel_id, server)
        changes = {"fame_channel_id": channel_id, "fame_stars": server.fame_stars or USUAL_STARS}
        await servers.choose(guild.id, changes, discord.utils.utcnow())
        await interaction.response.edit_message(view=await fame_panel(interaction, guild))


class FameWhen(ServerItem[discord.ui.Button[Any]], template=custom_id(Posting.FAME, Change.WHEN)):
    """Opens the form for the number of stars."""

    name = "server fame when"

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        server = await interaction.client.servers.of(guild.id)
        await interaction.response.send_modal(
            StarsForm(server.fame_stars or USUAL_STARS, reader_of(interaction).language)
        )


class FameOff(ServerItem[discord.ui.Button[Any]], template=custom_id(Posting.FAME, Change.OFF)):
    name = "server fame off"

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        await interaction.client.servers.choose(guild.id, {"fame_channel_id": None}, discord.utils.utcnow())
        await interaction.response.edit_message(view=await fame_panel(interaction, guild))


class StarsForm(GuardedModal):
    """How many have to keep a poem for the hall of fame."""

    name = "server fame form"

    def __init__(self, stars: int, language: Language) -> None:
        super().__init__(title=say(language, "server.fame.when"), timeout=FORM_SECONDS)
        self.stars: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="stars", default=str(stars), max_length=8
        )
        self.add_item(
            discord.ui.Label(
                text=say(language, "server.fame.stars"),
                description=say(language, "server.fame.stars_about", fewest=FEWEST_STARS, most=MOST_STARS),
                component=self.stars,
            )
        )

    async def submit(self, interaction: Interaction) -> None:
        guild, servers = managed(interaction), interaction.client.servers
        await servers.choose(guild.id, {"fame_stars": stars_of(self.stars.value)}, discord.utils.utcnow())
        await interaction.response.edit_message(view=await fame_panel(interaction, guild))


DAILY_ITEMS: Final = (DailyChannel, DailyWhen, DailyOff)
FAME_ITEMS: Final = (FameChannel, FameWhen, FameOff)


def stars_of(typed: str) -> int:
    """The number of stars that somebody typed.

    Raises:
        NotANumberOfStars: it is none that can be chosen.
    """
    digits = unicodedata.normalize("NFKC", typed).strip()
    if not re.fullmatch(r"[0-9]{1,3}", digits) or not FEWEST_STARS <= int(digits) <= MOST_STARS:
        raise NotANumberOfStars(fewest=FEWEST_STARS, most=MOST_STARS)
    return int(digits)


def daily_time(server: ServerSettings, language: Language) -> tuple[int, str]:
    """Minute and zone as they were chosen; where they were not, what is likely where the language is spoken."""
    minute = USUAL_MINUTE if server.daily_minute is None else server.daily_minute
    return minute, server.daily_zone or say(language, "server.daily.likely_zone")


async def daily_panel(interaction: Interaction, guild: discord.Guild) -> PostingPanel:
    server, language = await interaction.client.servers.of(guild.id), reader_of(interaction).language
    minute, zone = daily_time(server, language)
    on, values = server.daily_channel_id is not None, {"time": clock(minute), "zone": zone}
    if on:
        values |= {"channel": f"<#{server.daily_channel_id}>", "next": format_dt(next_daily(server, minute, zone), "F")}
    lines = [
        say(language, "server.daily.on" if on else "server.daily.off", **values),
        *warnings_about(interaction, guild, Posting.DAILY, server),
    ]
    return PostingPanel(Posting.DAILY, lines, _channel(guild, server.daily_channel_id), language, on=on)


def next_daily(server: ServerSettings, minute: int, zone: str) -> datetime:
    """When the next poem of the day is to come."""
    there = ZoneInfo(zone)
    done = last_day(discord.utils.utcnow(), minute, there)
    if server.daily_done is not None:
        done = max(done, date.fromisoformat(server.daily_done))
    return next_moment(done, minute, there)


async def fame_panel(interaction: Interaction, guild: discord.Guild) -> PostingPanel:
    server, language = await interaction.client.servers.of(guild.id), reader_of(interaction).language
    on = server.fame_channel_id is not None
    lines = [
        say(
            language,
            "server.fame.on" if on else "server.fame.off",
            stars=server.fame_stars or USUAL_STARS,
            channel=f"<#{server.fame_channel_id}>",
        ),
        *warnings_about(interaction, guild, Posting.FAME, server),
    ]
    return PostingPanel(Posting.FAME, lines, _channel(guild, server.fame_channel_id), language, on=on)


def _channel(guild: discord.Guild, channel_id: int | None) -> discord.abc.GuildChannel | None:
    """The channel to be shown as chosen; Discord takes none that is gone."""
    return guild.get_channel(channel_id) if channel_id is not None else None
