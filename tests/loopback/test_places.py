"""People with their languages, and places: servers with the bot and without it, and direct messages."""

from bot.app import PoetBot
from bot.config import Config
from loopback.people import Channel, Person
from loopback.running import connected, noted
from loopback.server import StandIn


async def test_a_person_is_answered_in_their_own_language_in_a_server_of_another(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    ming = stand_in.person("ming", "zh-TW")
    for person, words in ((alice, "I write classical"), (ming, "我用循環神經網路寫古詩")):
        asked = await stand_in.types(person, poems, "about")
        assert words in (await stand_in.answer(asked)).text

    refused = await stand_in.types(ming, poems, "poem", start="moon")
    answer = await stand_in.answer(refused)
    assert answer.ephemeral
    assert "漢字" in answer.text
    assert await noted(bot, "SELECT DISTINCT locale FROM requests ORDER BY locale") == [("en-US",), ("zh-TW",)]


async def test_whoever_installed_the_bot_has_it_in_a_server_without_it(
    stand_in: StandIn, bot: PoetBot, alice: Person
) -> None:
    foreign = stand_in.server("elsewhere", locale="zh-CN", installed=False).channel("general")
    answer = await stand_in.answer(await stand_in.types(alice, foreign, "poem", start="月"))
    another = await stand_in.answer(await stand_in.presses(alice, foreign, answer, "another"))
    pressed = await stand_in.presses(alice, foreign, another, "keep")
    await stand_in.until(lambda: pressed.acknowledged)

    assert "月" in answer.text
    assert "月" in another.text
    assert foreign.server is not None
    assert await noted(bot, "SELECT DISTINCT guild_id, outcome FROM requests") == [(foreign.server.id, "done")]
    assert await noted(bot, "SELECT count(*) FROM favorites") == [(1,)]
    assert not [guild for guild in bot.guilds if guild.id == foreign.server.id]


async def test_two_people_ask_in_a_conversation_that_the_bot_is_not_in(
    stand_in: StandIn, bot: PoetBot, alice: Person, bob: Person
) -> None:
    between = stand_in.conversation(alice, bob)
    answer = await stand_in.answer(await stand_in.types(alice, between, "poem"))
    again = await stand_in.answer(await stand_in.presses(bob, between, answer, "another"))
    refused = await stand_in.answer(await stand_in.types(bob, between, "poem", start="moon"))

    assert answer.text
    assert again.text
    assert refused.ephemeral
    assert await noted(bot, "SELECT DISTINCT guild_id, channel_id FROM poems") == [(None, between.id)]


async def test_a_person_asks_the_bot_alone(stand_in: StandIn, bot: PoetBot, alice: Person) -> None:
    alone = stand_in.conversation(alice)

    assert (await stand_in.answer(await stand_in.types(alice, alone, "poem"))).text
    assert await noted(bot, "SELECT guild_id, outcome FROM requests") == [(None, "done")]


async def test_what_does_not_fit_arrives_as_a_file(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    answer = await stand_in.answer(await stand_in.types(alice, poems, "add", a="9" * 3000, b="1"))

    [content] = answer.files.values()
    assert "9" * 3000 in content.decode()
    assert [attachment["size"] for attachment in answer.payload["attachments"]] == [len(content)]


async def test_the_owners_commands_are_registered_where_the_owner_wants_them(
    stand_in: StandIn, config: Config, poems: Channel
) -> None:
    assert poems.server is not None
    owner = config.owner.model_copy(update={"servers": (poems.server.id,)})
    async with connected(config.model_copy(update={"owner": owner}), stand_in):
        there = {command["name"] for command in stand_in.rest.commands[poems.server.id]}
        everywhere = {command["name"] for command in stand_in.rest.commands[None]}

    assert "admin" in there
    assert "poem" in everywhere
    assert not there & everywhere


async def test_what_a_person_chose_and_a_card_of_before_a_restart_go_on(
    stand_in: StandIn, config: Config, alice: Person, poems: Channel
) -> None:
    async with connected(config, stand_in):
        card = await stand_in.answer(await stand_in.types(alice, poems, "poem"))
        panel = await stand_in.answer(await stand_in.types(alice, poems, "settings"))
        chosen = await stand_in.chooses(alice, poems, panel, "language", "zh-TW")
        await stand_in.until(lambda: chosen.acknowledged)
    async with connected(config, stand_in):
        another = await stand_in.answer(await stand_in.presses(alice, poems, card, "another"))
        about = await stand_in.answer(await stand_in.types(alice, poems, "about"))

    assert another.id != card.id
    assert "我用循環神經網路" in about.text
