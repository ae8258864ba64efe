"""Texts to learn from: /admin corpus."""

import re
from typing import Any, Final, Self

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.choosing import Choices, offered_names
from bot.cogs.admin.family import PRESSED, Family
from bot.cogs.admin.lists import show_list
from bot.reading import reader_of
from bot.services.corpus_folder import LONGEST_NAME, About
from bot.services.corpus_refusals import NoSuchCorpus
from bot.services.favorite_corpus import FAVORITES, FEWEST_POEMS
from bot.ui.admin import Listed, OwnersCard
from bot.ui.corpora import CORPUS_BUTTON, Act, holding_lines, remove_card, taken_card
from bot.ui.guards import GuardedItem
from bot.ui.text import shown
from bot.words import Language, say, word

Interaction = discord.Interaction[PoetBot]


class CorpusButton(GuardedItem[discord.ui.Button[Any]], template=CORPUS_BUTTON):
    """Keeps an upload or throws it away; removes a corpus."""

    name = f"{PRESSED}corpus"

    def __init__(self, button: discord.ui.Button[Any], act: Act, what: str) -> None:
        self.act = act
        self.what = what
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, Act(match["act"]), match["what"])

    async def press(self, interaction: Interaction) -> None:
        corpora, language = interaction.client.corpora, reader_of(interaction).language
        match self.act:
            case Act.KEEP:
                name = (await corpora.uploads.confirm(self.what)).name
                text = say(language, "corpus.kept", name=name)
            case Act.DROP:
                await corpora.uploads.throw_away(self.what)
                text = say(language, "corpus.dropped_it")
            case Act.REMOVE:
                await corpora.remove(self.what)
                text = say(language, "corpus.removed", name=self.what)
        await interaction.response.edit_message(view=OwnersCard(text))


async def offer_corpora(interaction: Interaction, typed: str) -> Choices:
    return offered_names(typed, await interaction.client.corpora.names())


class CorpusGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_corpus.name"), description=word("command.admin_corpus.description"))

    @app_commands.command(
        name=word("command.admin_corpus.list.name"), description=word("command.admin_corpus.list.description")
    )
    async def list(self, interaction: Interaction) -> None:
        await show_list(interaction, Listed.CORPORA)

    @app_commands.command(
        name=word("command.admin_corpus.add.name"), description=word("command.admin_corpus.add.description")
    )
    @app_commands.rename(file=word("command.admin_corpus.file.name"), name=word("command.admin_corpus.called.name"))
    @app_commands.describe(
        file=word("command.admin_corpus.file.description"), name=word("command.admin_corpus.called.description")
    )
    async def add(self, interaction: Interaction, file: discord.Attachment, name: str | None = None) -> None:
        """What can be wrong with name and size is said before anything is fetched."""
        corpora = interaction.client.corpora
        corpora.uploads.check_size(file.size)
        chosen = await corpora.name_for(name, file.filename)
        await interaction.response.defer(ephemeral=True, thinking=True)
        token, about = await corpora.uploads.take(chosen, file.filename, await file.read())
        language = reader_of(interaction).language
        card = taken_card(token, about.name, about.file, lines_of(about, language), language)
        await interaction.followup.send(view=card, ephemeral=True)

    @app_commands.command(
        name=word("command.admin_corpus.remove.name"), description=word("command.admin_corpus.remove.description")
    )
    @app_commands.rename(corpus=word("command.admin_corpus.corpus.name"))
    @app_commands.describe(corpus=word("command.admin_corpus.corpus.description"))
    @app_commands.autocomplete(corpus=offer_corpora)
    async def remove(self, interaction: Interaction, corpus: str) -> None:
        """It is asked first: there is no way back."""
        await check_known(interaction, corpus)
        await interaction.client.corpora.check_removable(corpus)
        card = remove_card(corpus, reader_of(interaction).language)
        await interaction.response.send_message(view=card, ephemeral=True)

    @app_commands.command(
        name=word("command.admin_corpus.stats.name"), description=word("command.admin_corpus.stats.description")
    )
    @app_commands.rename(corpus=word("command.admin_corpus.corpus.name"))
    @app_commands.describe(corpus=word("command.admin_corpus.corpus.description"))
    @app_commands.autocomplete(corpus=offer_corpora)
    async def stats(self, interaction: Interaction, corpus: str) -> None:
        """Counting takes a while the first time."""
        bot, language = interaction.client, reader_of(interaction).language
        await interaction.response.defer(ephemeral=True, thinking=True)
        if corpus == FAVORITES:
            lines = await favorite_lines(bot, language)
        else:
            await check_known(interaction, corpus)
            lines = lines_of(await bot.corpora.about(corpus), language)
        await interaction.followup.send(view=OwnersCard("\n".join([f"### {corpus}", *lines])), ephemeral=True)

    @app_commands.command(
        name=word("command.admin_corpus.download.name"), description=word("command.admin_corpus.download.description")
    )
    async def download(self, interaction: Interaction) -> None:
        """It goes on by itself, and its end is told in a direct message."""
        name = interaction.client.corpora.download(interaction.user.id)
        text = say(reader_of(interaction).language, "corpus.download_begun", name=name)
        await interaction.response.send_message(text, ephemeral=True)


async def check_known(interaction: Interaction, name: str) -> None:
    """Raises:
    NoSuchCorpus: there is none of the name that somebody typed.
    """
    if name not in [FAVORITES, *(one.name for one in await interaction.client.corpora.all())]:
        raise NoSuchCorpus(name=shown(name, LONGEST_NAME))


def lines_of(about: About, language: Language) -> list[str]:
    return holding_lines(about.statistics, about.held_out, about.samples, language)


async def favorite_lines(bot: PoetBot, language: Language) -> list[str]:
    """What people love that may be learnt from."""
    loved = await bot.corpora.favorites.loved()
    readings = sum(weight for _, weight in loved.poems)
    texts = [text.replace("\n", "") for text, _ in loved.poems[-3:]]
    return [
        say(language, "corpus.favorites.servers", agreed=loved.agreed, listed=loved.listed),
        say(language, "corpus.favorites.holds", count=len(loved.poems), readings=readings, fewest=FEWEST_POEMS),
        say(language, "corpus.favorites.left_out", count=loved.left_out),
        *(f"> {discord.utils.escape_markdown(text)}" for text in texts),
    ]


CORPORA: Final = Family(commands=lambda: [CorpusGroup()], items=[CorpusButton])
