"""Training from Discord: /admin retrain and /admin adder."""

import random
from typing import Any, Final

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.choosing import Choices, offered_names
from bot.cogs.admin.family import Family
from bot.reading import reader_of
from bot.services.favorite_corpus import FAVORITES
from bot.services.jobs.jobs import DoesNotFit, NoSuchRecipe
from bot.store.jobs import Asker, Order
from bot.ui.jobs import NoPlaceCard
from bot.ui.text import shown
from bot.words import Language, say, word
from model.recipes import PoemRecipe, load_recipe, recipe_names
from model.requests import SEED_LIMIT

Interaction = discord.Interaction[PoetBot]
Epochs = app_commands.Range[int, 1, 1000]

LIVE_RECIPE: Final = "adder-live"
_NEEDED: Final = ("view_channel", "send_messages", "attach_files")
_SHARES: Final = (1.0, 0.5, 0.25, 2.0)
"""Of a recipe's epochs, to be offered."""


@app_commands.rename(
    recipe=word("command.admin_retrain.recipe.name"),
    corpus=word("command.admin_retrain.corpus.name"),
    epochs=word("command.admin_retrain.epochs.name"),
    origin=word("command.admin_retrain.from.name"),
    tell=word("command.admin_retrain.tell.name"),
)
@app_commands.describe(
    recipe=word("command.admin_retrain.recipe.description"),
    corpus=word("command.admin_retrain.corpus.description"),
    epochs=word("command.admin_retrain.epochs.description"),
    origin=word("command.admin_retrain.from.description"),
    tell=word("command.admin_retrain.tell.description"),
)
async def retrain(
    interaction: Interaction,
    recipe: str,
    corpus: str | None = None,
    epochs: Epochs | None = None,
    origin: str | None = None,
    tell: bool = False,  # noqa: FBT001, FBT002 - an option of a command
) -> None:
    """A new network, or with `from` one that goes on from weights that are there.

    What people love is learnt by what is in use, where nothing else is said.
    """
    wanted = recipe_of(recipe)
    if corpus == FAVORITES:  # which is made of what people love by now; and what is in use may still be loading
        await interaction.response.defer(ephemeral=True, thinking=True)
        origin = origin or await interaction.client.versions.current()
    if origin is not None:
        await check_fits(interaction.client, origin, wanted, recipe)
    order = Order(
        kind="retrain",
        recipe=recipe,
        corpus=corpus or interaction.client.corpora.base,
        seed=random.randrange(SEED_LIMIT),
        origin=origin or "",
        changes=(f"epochs={epochs}",) if epochs else (),
    )
    await _begin(interaction, order, tell=tell)


@app_commands.rename(tell=word("command.admin_retrain.tell.name"))
@app_commands.describe(tell=word("command.admin_retrain.tell.description"))
async def adder(interaction: Interaction, tell: bool = False) -> None:  # noqa: FBT001, FBT002 - an option of a command
    """A network that knows nothing learns to add, and people watch."""
    await _begin(interaction, Order("adder", LIVE_RECIPE, "", random.randrange(SEED_LIMIT)), tell=tell)


async def offer_recipes(_: Interaction, typed: str) -> Choices:
    return offered_names(typed, [name for name in recipe_names() if isinstance(load_recipe(name), PoemRecipe)])


async def offer_corpora(interaction: Interaction, typed: str) -> Choices:
    return offered_names(typed, await interaction.client.corpora.names())


async def offer_versions(interaction: Interaction, typed: str) -> Choices:
    return offered_names(typed, await interaction.client.versions.names())


async def offer_epochs(interaction: Interaction, typed: str) -> list[app_commands.Choice[int]]:
    """Those of the recipe, and shares of them; what was typed itself first."""
    name = str(getattr(interaction.namespace, say(Language.ENGLISH, "command.admin_retrain.recipe.name"), "") or "")
    try:
        usual = recipe_of(name).epochs
    except NoSuchRecipe:
        usual = 0
    wanted = [int(typed)] if str(typed).isdecimal() else []
    wanted += [round(usual * share) for share in _SHARES]
    return [app_commands.Choice(name=str(number), value=number) for number in dict.fromkeys(wanted) if number > 0]


def recipe_of(name: str) -> PoemRecipe:
    """Raises:
    NoSuchRecipe: there is none of that name by which a network learns to write poems.
    """
    recipe = load_recipe(name) if name in recipe_names() else None
    if not isinstance(recipe, PoemRecipe):
        raise NoSuchRecipe(recipe=shown(name))
    return recipe


async def check_fits(bot: PoetBot, origin: str, wanted: PoemRecipe, recipe: str) -> None:
    """Say at once, and not when its turn comes, that a job could learn nothing.

    Raises:
        DoesNotFit: the recipe builds another network than that of these weights.
    """
    for known in await bot.versions.all():
        if known.name == origin and not known.fits(wanted):
            raise DoesNotFit(recipe=recipe, origin=shown(origin, 60), own=shown(known.header.recipe, 60))


async def _begin(interaction: Interaction, order: Order, *, tell: bool) -> None:
    """Put a job into the queue, and say where it can be watched."""
    bot, language = interaction.client, reader_of(interaction).language
    asker = Asker(interaction.user.id, language, tell)
    job_id = await bot.jobs.add(order, asker, discord.utils.utcnow())
    if lacking := _lacking(interaction, language):
        await _answer(interaction, view=NoPlaceCard(job_id, lacking, language))
    else:
        await bot.jobs.store.place(job_id, interaction.guild_id, interaction.channel_id)
        await _answer(interaction, content=say(language, "jobs.queued", job=job_id))
    bot.dispatch("job_changed", job_id)


async def _answer(interaction: Interaction, **what: Any) -> None:
    if interaction.response.is_done():
        await interaction.edit_original_response(**what)
    else:
        await interaction.response.send_message(**what, ephemeral=True)


def _lacking(interaction: Interaction, language: Language) -> str:
    """The permissions that the bot needs to show a job here, and lacks; nothing where it has all."""
    allowed, needed = interaction.app_permissions, list(_NEEDED)
    if isinstance(interaction.channel, discord.Thread):
        needed[1] = "send_messages_in_threads"
    return " · ".join(say(language, f"permission.{name}") for name in needed if not getattr(allowed, name))


def _commands() -> list[app_commands.Command[Any, ..., Any]]:
    train: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=word("command.admin_retrain.name"), description=word("command.admin_retrain.description"), callback=retrain
    )
    train.autocomplete("recipe")(offer_recipes)
    train.autocomplete("corpus")(offer_corpora)
    train.autocomplete("epochs")(offer_epochs)
    train.autocomplete("origin")(offer_versions)
    name, description = word("command.admin_adder.name"), word("command.admin_adder.description")
    return [train, app_commands.Command(name=name, description=description, callback=adder)]


TRAINING: Final = Family(commands=_commands)
