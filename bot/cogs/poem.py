"""Commands that write poems."""

import dataclasses
import re
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot, origin_of
from bot.services.refusals import Forgotten, StartDoesNotFit
from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedButton
from bot.ui.poem import PoemCard
from bot.words import Language, say, word
from model.forms import Form
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import Script, script_of
from model.starts import check_start

Interaction = discord.Interaction[PoetBot]

FREE: Final = "free"
FORM_CHOICES: Final = [
    app_commands.Choice(name=word(f"form.{value}"), value=value) for value in (*(form.value for form in Form), FREE)
]


class AnotherButton(GuardedButton, template=r"poem:(?P<poem>[0-9]{1,18}):another"):
    """A new poem with the wishes of the one above it."""

    name = "poem another"

    def __init__(self, poem_id: int, language: Language) -> None:
        self.poem_id = poem_id
        super().__init__(
            discord.ui.Button(label=say(language, "poem.another"), emoji="🔁", custom_id=f"poem:{poem_id}:another")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["poem"]), Language.of(interaction.locale))

    async def press(self, interaction: Interaction) -> None:
        poem = await interaction.client.poems.get(self.poem_id)
        if poem is None:
            raise Forgotten
        await write(interaction, wish_of(poem))


class PoemCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.defaults = bot.config.poem

    @app_commands.command(name=word("command.poem.name"), description=word("command.poem.description"))
    @app_commands.rename(
        start=word("command.poem.start.name"),
        form=word("command.poem.form.name"),
        temperature=word("command.poem.temperature.name"),
        seed=word("command.poem.seed.name"),
    )
    @app_commands.describe(
        start=word("command.poem.start.description"),
        form=word("command.poem.form.description"),
        temperature=word("command.poem.temperature.description"),
        seed=word("command.poem.seed.description"),
    )
    @app_commands.choices(form=FORM_CHOICES)
    async def poem(
        self,
        interaction: Interaction,
        start: str | None = None,
        form: str | None = None,
        temperature: app_commands.Range[float, 0.1, 2.0] | None = None,
        seed: app_commands.Range[int, 0, DRAWN_SEEDS - 1] | None = None,
    ) -> None:
        """What can be wrong with the options is said before the deferral, privately."""
        start = check_start(start) if start is not None else None
        wanted = form or self.defaults.form
        verse = Form(wanted) if wanted != FREE else None
        if start is not None and verse is not None and len(start) > verse.line_count * verse.line_length:
            room = verse.line_count * verse.line_length
            raise StartDoesNotFit(form=verse.value, length=len(start), limit=room)
        wish = PoemRequest(
            start=start,
            form=verse,
            seed=seed,
            temperature=temperature if temperature is not None else self.defaults.temperature,
            top_k=self.defaults.top_k,
            top_p=self.defaults.top_p,
            candidates=self.defaults.candidates,
            script=self.script_for(start, interaction.locale),
            on_unknown="keep",
        )
        await write(interaction, wish)

    def script_for(self, start: str | None, locale: discord.Locale) -> Script:
        """The script of the start; where that reads the same in both, the person's, or else the setting's."""
        told = script_of(start) if start is not None else None
        by_language = {Language.SIMPLIFIED: Script.HANS, Language.TRADITIONAL: Script.HANT}
        return told or by_language.get(Language.of(locale)) or Script(self.defaults.script)


async def write(interaction: Interaction, wish: PoemRequest) -> None:
    """Have a poem written and kept, then show it."""
    bot = interaction.client
    with bot.limits.one_at_a_time(interaction.user.id):
        bot.poet.admit()
        await interaction.response.defer(thinking=True)
        poem = record_of(await bot.poet.compose(wish))
        poem_id = await bot.poems.add(poem, origin_of(interaction), discord.utils.utcnow())
        language = Language.of(interaction.locale)
        card = PoemCard(poem, language, [AnotherButton(poem_id, language)])
        await interaction.edit_original_response(view=card)


def record_of(poem: Poem) -> PoemRecord:
    return PoemRecord(
        text=poem.text,
        form=poem.form,
        start=poem.start,
        unknown="".join(poem.unknown),
        seed=poem.seed,
        script=poem.script,
        wish=dataclasses.asdict(poem.request),
        weights=poem.weights,
        version=VERSION,
    )


def wish_of(poem: PoemRecord) -> PoemRequest:
    """What a kept poem was asked with, but for the seed: it is to be another one.

    Poems outlive versions: options that are no more are left out.
    """
    known = {field.name for field in dataclasses.fields(PoemRequest)} - {"form", "script", "seed"}
    form, script = poem.wish["form"], poem.wish["script"]
    return PoemRequest(
        form=Form(form) if form else None,
        script=Script(script) if script else None,
        **{name: value for name, value in poem.wish.items() if name in known},
    )


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(AnotherButton)
    await bot.add_cog(PoemCog(bot))
