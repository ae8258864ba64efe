"""Commands that write poems."""

import dataclasses
from functools import partial
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot
from bot.cogs.items import PoemItem, number_chosen
from bot.cogs.offers import offer_starts, offer_themes
from bot.cogs.pictures import show_poem
from bot.cogs.waiting import answered, server_of
from bot.reading import reader_of
from bot.requests import origin_of
from bot.services.moderation import compose_clean
from bot.services.refusals import StartDoesNotFit
from bot.store.poems import PoemRecord
from bot.ui.poem import lines_of
from bot.ui.presses import Press, template
from bot.words import word
from model.forms import Form
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import Script
from model.starts import check_heads, check_start, check_theme, form_for_heads

Interaction = discord.Interaction[PoetBot]

FREE: Final = "free"
FORM_CHOICES: Final = [
    app_commands.Choice(name=word(f"form.{value}"), value=value) for value in (*(form.value for form in Form), FREE)
]
LENGTH_CHOICES: Final = [app_commands.Choice(name=word(f"length.{length}"), value=length) for length in (5, 7)]


class AnotherButton(PoemItem[discord.ui.Button[Any]], template=template(Press.ANOTHER)):
    """A new poem with the wishes of the one above it."""

    name = "poem another"

    async def press(self, interaction: Interaction) -> None:
        await write(interaction, wish_of(await self.poem(interaction)))


class LineMenu(PoemItem[discord.ui.Select[Any]], template=template(Press.LINE)):
    """The poem above it with one line written anew."""

    name = "poem line"

    async def press(self, interaction: Interaction) -> None:
        poem = await self.poem(interaction)
        await write(interaction, wish_for_line(poem, number_chosen(self.item, below=len(lines_of(poem)))))


class PoemCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.defaults = bot.config.poem

    @app_commands.command(name=word("command.poem.name"), description=word("command.poem.description"))
    @app_commands.rename(
        start=word("command.poem.start.name"),
        form=word("command.poem.form.name"),
        theme=word("command.poem.theme.name"),
        temperature=word("command.poem.temperature.name"),
        seed=word("command.poem.seed.name"),
    )
    @app_commands.describe(
        start=word("command.poem.start.description"),
        form=word("command.poem.form.description"),
        theme=word("command.poem.theme.description"),
        temperature=word("command.poem.temperature.description"),
        seed=word("command.poem.seed.description"),
    )
    @app_commands.choices(form=FORM_CHOICES)
    @app_commands.autocomplete(start=offer_starts, theme=offer_themes)
    async def poem(
        self,
        interaction: Interaction,
        start: str | None = None,
        form: str | None = None,
        theme: str | None = None,
        temperature: app_commands.Range[float, 0.1, 2.0] | None = None,
        seed: app_commands.Range[int, 0, DRAWN_SEEDS - 1] | None = None,
    ) -> None:
        """What can be wrong with the options is said before the deferral, privately."""
        start = check_start(start) if start is not None else None
        theme = check_theme(theme) if theme is not None else None
        reader = reader_of(interaction)
        wanted = form or reader.form or self.defaults.form
        verse = Form(wanted) if wanted != FREE else None
        if start is not None and verse is not None:
            check_room(start, verse)
        wish = PoemRequest(
            start=start,
            form=verse,
            theme=theme,
            seed=seed,
            temperature=temperature if temperature is not None else self.defaults.temperature,
            top_k=self.defaults.top_k,
            top_p=self.defaults.top_p,
            script=reader.script_for(start or theme, Script(self.defaults.script)),
            on_unknown="keep",
        )
        await write(interaction, wish)

    @app_commands.command(name=word("command.acrostic.name"), description=word("command.acrostic.description"))
    @app_commands.rename(heads=word("command.acrostic.heads.name"), length=word("command.acrostic.length.name"))
    @app_commands.describe(
        heads=word("command.acrostic.heads.description"), length=word("command.acrostic.length.description")
    )
    @app_commands.choices(length=LENGTH_CHOICES)
    async def acrostic(self, interaction: Interaction, heads: str, length: int | None = None) -> None:
        """Up to four heads make a quatrain, more an eight-line poem; the poet chooses those that are missing."""
        heads = check_heads(heads)
        reader = reader_of(interaction)
        if length is None:
            usual = reader.form or self.defaults.form
            length = Form(usual).line_length if usual != FREE else 7
        wish = PoemRequest(
            heads=heads,
            form=form_for_heads(heads, length),
            temperature=self.defaults.temperature,
            top_k=self.defaults.top_k,
            top_p=self.defaults.top_p,
            script=reader.script_for(heads, Script(self.defaults.script)),
            on_unknown="keep",
        )
        await write(interaction, wish)


def check_room(start: str, form: Form, refusal: type[StartDoesNotFit] = StartDoesNotFit) -> None:
    """Raises:
    StartDoesNotFit: the start is longer than a poem of that form; it is said as the refusal does.
    """
    room = form.line_count * form.line_length
    if len(start) > room:
        raise refusal(form=form.value, length=len(start), limit=room)


async def write(interaction: Interaction, wish: PoemRequest) -> None:
    """Have a poem written and kept, then show it."""
    bot = interaction.client
    async with bot.limits.one_at_a_time(interaction.user.id, discord.utils.utcnow()):
        server = server_of(interaction)
        words = await bot.moderation.words_for(interaction.guild_id)
        words.check_wish(wish)
        bot.poet.admit(server)
        await bot.limits.spend(interaction.user.id, interaction.guild_id, discord.utils.utcnow())
        await interaction.response.defer(thinking=True)
        wish = dataclasses.replace(wish, candidates=bot.config.poem.candidates)
        poem = record_of(await compose_clean(partial(_compose, interaction, server), wish, words))
        poem_id = await bot.poems.add(poem, origin_of(interaction), discord.utils.utcnow())
        await show_poem(interaction, poem_id, poem)


async def _compose(interaction: Interaction, server: int, wish: PoemRequest) -> Poem:
    return await answered(interaction, interaction.client.poet.enter(wish, server))


def record_of(poem: Poem) -> PoemRecord:
    return PoemRecord(
        text=poem.text,
        traditional=poem.traditional or None,
        form=poem.form,
        pattern=poem.pattern,
        theme=poem.theme,
        start=poem.start,
        given=poem.given,
        unknown="".join(poem.unknown),
        broken="".join(poem.broken),
        seed=poem.seed,
        script=poem.script,
        wish=dataclasses.asdict(poem.request),
        weights=poem.weights,
        version=VERSION,
    )


def wish_of(poem: PoemRecord) -> PoemRequest:
    """What a kept poem was asked with, but for the seed and the number of candidates: it is to be another one.

    Poems outlive versions: options that are no more are left out.
    """
    known = {field.name for field in dataclasses.fields(PoemRequest)} - {"form", "script", "held", "seed", "candidates"}
    form, script = poem.wish["form"], poem.wish["script"]
    return PoemRequest(
        form=Form(form) if form else None,
        script=Script(script) if script else None,
        held=tuple(poem.wish.get("held", ())),
        **{name: value for name, value in poem.wish.items() if name in known},
    )


def wish_for_line(poem: PoemRecord, line: int) -> PoemRequest:
    """The poem with one line to be written anew: the others are held, and so is its theme, asked for or not."""
    held = tuple("" if index == line else text for index, text in enumerate(lines_of(poem)))
    return dataclasses.replace(wish_of(poem), held=held, theme=poem.theme or None)


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(AnotherButton, LineMenu)
    await bot.add_cog(PoemCog(bot))
