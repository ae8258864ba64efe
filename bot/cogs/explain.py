"""`/explain`: what a recurrent cell is, and what goes on in it while it writes a poem."""

from typing import Final, get_args

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.cogs.offers import offer_starts
from bot.cogs.pictures import MayNotAttach, may_attach
from bot.cogs.poem import check_room
from bot.cogs.waiting import answered, server_of
from bot.reading import reader_of
from bot.services.explain import Excerpt, Study
from bot.services.moderation import WordList, compose_clean
from bot.services.refusals import StartDoesNotFitHere
from bot.ui.explanation import ExplanationCard, cell_files
from bot.words import word
from model.forms import Form
from model.recipes import Cell
from model.requests import Poem, PoemRequest
from model.script import Script, script_of
from model.starts import check_start

Interaction = discord.Interaction[PoetBot]

FORM: Final = Form("七绝")
"""What is written: as many characters as a heat map has room for."""
CANDIDATES: Final = 8
CELLS: Final[dict[str, Cell]] = {cell: cell for cell in get_args(Cell)}
CELL_CHOICES: Final = [app_commands.Choice(name=word(f"cell_name.{cell}"), value=cell) for cell in CELLS]


class ExplainCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.defaults = bot.config.poem

    @app_commands.command(name=word("command.explain.name"), description=word("command.explain.description"))
    @app_commands.rename(cell=word("command.explain.cell.name"), start=word("command.explain.start.name"))
    @app_commands.describe(
        cell=word("command.explain.cell.description"), start=word("command.explain.start.description")
    )
    @app_commands.choices(cell=CELL_CHOICES)
    @app_commands.autocomplete(start=offer_starts)
    async def explain(self, interaction: Interaction, cell: str, start: str | None = None) -> None:
        """What can be wrong is said before the deferral, privately."""
        if not may_attach(interaction):
            raise MayNotAttach
        study = Study(CELLS[cell], self.wish(interaction, start)) if start is not None else None
        bot = interaction.client
        words = await bot.moderation.words_for(interaction.guild_id)
        async with bot.limits.one_at_a_time(interaction.user.id, discord.utils.utcnow()):
            if study is not None:
                words.check_wish(study.wish)
                bot.explain.admit(server_of(interaction))
            await bot.limits.spend(interaction.user.id, interaction.guild_id, discord.utils.utcnow())
            await interaction.response.defer(thinking=True)
            excerpt = await _written(interaction, study, words) if study is not None else None
            await _show(interaction, CELLS[cell], excerpt)

    def wish(self, interaction: Interaction, start: str) -> PoemRequest:
        """What is to be written.

        Raises:
            BadStart, StartDoesNotFitHere: no poem of the form can begin so.
        """
        start = check_start(start)
        check_room(start, FORM, StartDoesNotFitHere)
        reader = reader_of(interaction)
        return PoemRequest(
            start=start,
            form=FORM,
            temperature=self.defaults.temperature,
            top_k=self.defaults.top_k,
            top_p=self.defaults.top_p,
            script=reader.chosen_script or script_of(start) or reader.script or Script(self.defaults.script),
            candidates=CANDIDATES,
        )


async def _written(interaction: Interaction, study: Study, words: WordList) -> Excerpt:
    """A poem without unwanted words, and its gates."""
    excerpts: list[Excerpt] = []

    async def compose(wish: PoemRequest) -> Poem:
        ticket = interaction.client.explain.enter(Study(study.cell, wish), server_of(interaction))
        excerpts.append(await answered(interaction, ticket))
        return excerpts[-1].poem

    await compose_clean(compose, study.wish, words)
    return excerpts[-1]


async def _show(interaction: Interaction, cell: Cell, excerpt: Excerpt | None) -> None:
    bot, language = interaction.client, reader_of(interaction).language
    pictures = await bot.cell_pictures.pictures(cell, excerpt, language)
    name = "explain"
    mention = f"</{name}:{bot.command_ids[name]}>" if name in bot.command_ids else f"`/{name}`"
    card = ExplanationCard(cell, excerpt, language, mention)
    await interaction.edit_original_response(view=card, attachments=cell_files(cell, pictures))


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(ExplainCog(bot))
