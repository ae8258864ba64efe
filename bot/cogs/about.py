"""Commands that tell what the bot is and does."""

import math
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot
from bot.cogs.items import number_chosen
from bot.reading import reader_of
from bot.requests import OWNERS_COMMAND
from bot.services.weights import NetworkInUse
from bot.ui.about import HELP, Entry, HelpCard, TextCard, help_pages, stats_lines
from bot.ui.guards import GuardedItem
from bot.words import Language, WordTranslator, say, word

Interaction = discord.Interaction[PoetBot]
Payload = dict[str, Any]

DYNASTIES: Final = ("tang", "song")
SHORT_FINGERPRINT: Final = 8
EVERYWHERE: Final = None


class HelpMenu(GuardedItem[discord.ui.Select[Any]], template=HELP):
    """Another page of the help."""

    name = "help page"

    async def press(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=await help_for(interaction, number_chosen(self.item)))


class AboutCog(commands.Cog):
    def __init__(self) -> None:
        self.started_at = discord.utils.utcnow()

    @app_commands.command(name=word("command.help.name"), description=word("command.help.description"))
    async def help(self, interaction: Interaction) -> None:
        await interaction.response.send_message(view=await help_for(interaction), ephemeral=True)

    @app_commands.command(name=word("command.about.name"), description=word("command.about.description"))
    async def about(self, interaction: Interaction) -> None:
        language, bot = reader_of(interaction).language, interaction.client
        latency = bot.latency
        lines = [
            say(language, "about.what"),
            *_poem_network(bot.poet.in_use, language),
            _adder(bot.adder.in_use, language),
            # There is none before the first heartbeat.
            say(language, "about.latency", milliseconds=f"{latency * 1000:.0f}")
            if math.isfinite(latency)
            else say(language, "about.no_latency"),
            say(language, "about.since", since=discord.utils.format_dt(self.started_at, "R")),
            say(language, "about.licence"),
        ]
        await interaction.response.send_message(
            view=TextCard(say(language, "about.title", version=VERSION), lines), ephemeral=True
        )

    @app_commands.command(name=word("command.stats.name"), description=word("command.stats.description"))
    async def stats(self, interaction: Interaction) -> None:
        language, bot = reader_of(interaction).language, interaction.client
        await interaction.response.defer(thinking=True, ephemeral=True)
        aggregates = await bot.stats.aggregates(discord.utils.utcnow())
        servers = len(bot.guilds) + await bot.presence.elsewhere()
        card = TextCard(say(language, "stats.title"), stats_lines(aggregates, servers, language))
        await interaction.edit_original_response(view=card)


async def help_for(interaction: Interaction, page: int = 0) -> HelpCard:
    """What the person can use here, out of what Discord was told of the commands."""
    bot, language = interaction.client, reader_of(interaction).language
    guild_id = interaction.guild_id
    listed = [(command, bot.command_ids) for command in await _payloads(bot, EVERYWHERE)]
    if guild_id is not None and (own := await _payloads(bot, discord.Object(guild_id))):
        sync = await bot.syncs.last(bot.application_id or 0, guild_id)
        listed += [(command, sync.commands if sync is not None else {}) for command in own]
    entries: list[Entry] = []
    menus: list[str] = []
    for command, ids in listed:
        if not await _can_use(interaction, command):
            continue
        if command["type"] == discord.AppCommandType.chat_input.value:
            entries += _entries(command, command["name"], ids.get(command["name"]), language)
        else:
            menus.append(_translated(command, "name", language))
    return HelpCard(help_pages(entries, menus, language), page, language)


async def _payloads(bot: PoetBot, guild: discord.Object | None) -> list[Payload]:
    translator = WordTranslator()
    return [
        await command.get_translated_payload(bot.tree, translator) for command in bot.tree.get_commands(guild=guild)
    ]


async def _can_use(interaction: Interaction, command: Payload) -> bool:
    """As Discord decides it by default: servers may decide otherwise, and the commands check for themselves."""
    if command["name"] == OWNERS_COMMAND:
        owners = interaction.client.owners
        if not await owners.include(interaction.user.id, discord.utils.utcnow()):
            return False
    contexts, installs, own = command["contexts"], command["integration_types"], _installed(interaction)
    if contexts is not None and not set(contexts).intersection(interaction.context.to_array()):
        return False
    if installs is not None and own and not own.intersection(installs):
        return False
    wanted = command["default_member_permissions"]
    allowed = interaction.permissions
    return wanted is None or allowed.administrator or bool(wanted and allowed >= discord.Permissions(wanted))


def _installed(interaction: Interaction) -> set[int]:
    """Where the bot was installed that this came from: server, person's account, both; none where it cannot be told."""
    kinds = app_commands.AppInstallationType
    by_server = {kinds.GUILD} if interaction.is_guild_integration() else set()
    return by_server | ({kinds.USER} if interaction.is_user_integration() else set())


def _entries(command: Payload, name: str, command_id: int | None, language: Language) -> list[Entry]:
    """A command, or in its place what stands below it."""
    below = [option for option in command["options"] if option["type"] in _BELOW]
    if below:
        return [entry for sub in below for entry in _entries(sub, f"{name} {sub['name']}", command_id, language)]
    mention = f"</{name}:{command_id}>" if command_id is not None else f"`/{name}`"
    return [Entry(name, mention, _translated(command, "description", language))]


_BELOW: Final = {
    discord.AppCommandOptionType.subcommand.value,
    discord.AppCommandOptionType.subcommand_group.value,
}


def _translated(part: Payload, what: str, language: Language) -> str:
    return str(part[f"{what}_localizations"].get(language.value, part[what]))


def _poem_network(network: NetworkInUse | None, language: Language) -> list[str]:
    """What writes, and what it learned from."""
    if network is None:
        return [say(language, "about.no_network")]
    header = network.header
    loss = header.figures.get("loss")
    key = "about.network" if loss is None else "about.network_loss"
    dynasties = [name for name in DYNASTIES if name in header.settings.get("dynasties", ())] or ["all"]
    return [
        say(language, key, name=network.name, weights=network.weights, loss=loss),
        say(
            language,
            "about.corpus_shipped" if network.shipped else "about.corpus",
            poems=" · ".join(say(language, f"about.poems.{name}") for name in dynasties),
            fingerprint=header.corpus[:SHORT_FINGERPRINT],
        ),
    ]


def _adder(network: NetworkInUse | None, language: Language) -> str:
    if network is None:
        return say(language, "about.no_adder")
    return say(language, "about.adder", name=network.name, weights=network.weights)


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(HelpMenu)
    await bot.add_cog(AboutCog())
