"""In whose language, script and form an answer comes: the person's choice, else Discord's locale, else the server's."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.services.readers import Reader
from bot.store.people import PeopleRepository, PersonSettings
from bot.store.servers import ServerSettings
from bot.words import Language, say, texts
from model.script import Script
from tests.bot.panels import message_of, refused, use
from tests.bot.support import command, emit, interact, text
from tests.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# What the person chose, Discord's locale, what the server chose, and what counts.
STEPS = [
    ("zh-TW", "zh-CN", "en", Language.TRADITIONAL),
    ("en", "zh-CN", "zh-TW", Language.ENGLISH),
    (None, "zh-CN", "zh-TW", Language.SIMPLIFIED),
    (None, "en-GB", "zh-TW", Language.ENGLISH),
    (None, "en-US", "zh-TW", Language.ENGLISH),
    (None, "fr", "zh-TW", Language.TRADITIONAL),
    (None, "fr", None, Language.ENGLISH),
]


@pytest.mark.parametrize(("person", "locale", "server", "language"), STEPS)
def test_the_steps_of_the_rule(person: str | None, locale: str, server: str | None, language: Language) -> None:
    reader = Reader.of(PersonSettings(language=person), locale, ServerSettings(language=server))

    assert reader.language is language


@pytest.mark.parametrize(
    ("person", "locale", "server", "script"),
    [
        (PersonSettings(script="hans", language="zh-TW"), "zh-TW", ServerSettings(script="hant"), Script.HANS),
        (PersonSettings(), "zh-TW", ServerSettings(script="hans"), Script.HANT),
        (PersonSettings(), "fr", ServerSettings(script="hans", language="zh-TW"), Script.HANT),
        (PersonSettings(), "en-US", ServerSettings(script="hant"), Script.HANT),
        (PersonSettings(), "en-US", ServerSettings(), None),
    ],
)
def test_the_script_that_somebody_reads(
    person: PersonSettings, locale: str, server: ServerSettings, script: Script | None
) -> None:
    reader = Reader.of(person, locale, server)

    assert reader.script is script
    assert reader.chosen_script is (Script.HANS if person.script else None)


def test_what_a_person_chose_goes_before_what_the_server_chose() -> None:
    server = ServerSettings(form="五绝", display="picture")

    own = Reader.of(PersonSettings(form="七律", display="text", pinyin=1), "fr", server)
    theirs = Reader.of(PersonSettings(pinyin=0), "fr", server)

    assert (own.form, own.display, own.pinyin) == ("七律", "text", True)
    assert (theirs.form, theirs.display, theirs.pinyin) == ("五绝", "picture", False)


async def test_what_nobody_asked_for_is_for_the_server(world: World) -> None:
    assert (await world.bot.readers.of_server(world.guild.id)).language is Language.ENGLISH
    await world.bot.servers.choose(world.guild.id, {"language": "zh-CN", "script": "hant", "form": "五律"}, NOW)

    reader = await world.bot.readers.of_server(world.guild.id)

    assert reader == Reader(Language.SIMPLIFIED, Script.HANT, Script.HANT, "五律")


async def choose(world: World, person: str | None, server: str | None) -> None:
    await world.bot.people.choose(world.alice.id, {"language": person}, NOW)
    await world.bot.servers.choose(world.guild.id, {"language": server}, NOW)


@pytest.mark.parametrize(("person", "locale", "server", "language"), STEPS)
async def test_answers_forms_and_refusals_follow_it(
    world: World, person: str | None, locale: str, server: str | None, language: Language
) -> None:
    await choose(world, person, server)

    public = await interact(world, command(world, "poem", start="月"), locale=locale)
    assert say(language, "form_name.free") in text(public.response)
    refusal = await interact(world, command(world, "rhyme", character="ab"), locale=locale)
    assert refused(refusal) == say(language, "error.rhyme.one_character")
    form = await interact(world, command(world, "check"), locale=locale)
    assert form.modal is not None
    assert form.modal["title"] == say(language, "check.title")
    panel = await interact(world, command(world, "settings"), locale=locale)
    assert say(language, "settings.person.title") in text(panel.response)
    assert world.env.errors


@pytest.mark.parametrize(("person", "locale", "server", "language"), [STEPS[0], STEPS[2], STEPS[5]])
async def test_presses_follow_it(
    world: World, person: str | None, locale: str, server: str | None, language: Language
) -> None:
    card = (await world.alice.slash(world.channel, "poem", start="月")).response
    assert card is not None
    await choose(world, person, server)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    press = use("poem:1:craft", kind=2)
    result = await interact(world, press, kind=3, message=message_of(world, card), locale=locale)

    assert refused(result) == say(language, "error.forgotten")


@pytest.mark.parametrize(("person", "locale", "server", "language"), [STEPS[0], STEPS[2], STEPS[5]])
async def test_what_is_offered_while_typing_follows_it(
    world: World, person: str | None, locale: str, server: str | None, language: Language
) -> None:
    await choose(world, person, server)
    data = command(world, "poem", theme="中秋")
    data["options"][0]["focused"] = True

    result = await interact(world, data, kind=4, locale=locale)

    [offered] = [
        choice for choice in result.autocomplete_choices or [] if choice["name"] == texts(language)["theme.中秋"]
    ]
    assert offered["value"] == "中秋"


async def test_whoever_comes_while_the_bot_closes_hears_it_in_their_language(world: World) -> None:
    await choose(world, "zh-TW", None)
    world.bot.requests.refusing = True

    result = await interact(world, command(world, "help"))

    assert refused(result) == say(Language.TRADITIONAL, "error.shutting_down")


async def test_a_command_that_is_no_more_is_told_in_their_language(world: World) -> None:
    await choose(world, "zh-CN", None)

    result = await interact(world, command(world, "poem") | {"name": "ode"})

    assert refused(result) == say(Language.SIMPLIFIED, "error.stale")
    assert world.env.errors


async def test_where_settings_cannot_be_read_discord_tells(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> PersonSettings:
        raise sqlite3.OperationalError("disk I/O error")

    await choose(world, "zh-TW", None)
    monkeypatch.setattr(PeopleRepository, "of", fail)

    result = await interact(world, command(world, "help"), locale="zh-CN")

    assert refused(result).startswith("我暂时读不到自己的记录")


async def test_two_people_at_once_have_their_own_language(world: World) -> None:
    await choose(world, "zh-TW", None)

    mine = emit(world, command(world, "rhyme", character="ab"))
    bobs = emit(world, command(world, "rhyme", character="ab"), person=world.bob.id, locale="zh-CN")
    await world.env.settle()

    assert refused(mine) == say(Language.TRADITIONAL, "error.rhyme.one_character")
    assert refused(bobs) == say(Language.SIMPLIFIED, "error.rhyme.one_character")
    assert world.env.errors
