"""Reports: the entry in a message's menu, its form, and how the owner hears of them."""

import sqlite3
from typing import Any

import discord
import pytest
from simcord import InteractionResult, ResponseMessage
from simcord.backend import serializers

from bot.app import create_bot
from bot.cogs.moderation import BETWEEN_MESSAGES_SECONDS
from bot.services.owners import Owners
from bot.store.reports import ReportRepository
from bot.words import Language, say
from tests.bot.support import buttons, interact, rows, text
from tests.conftest import World

MENU = "Report this poem"


async def nobody() -> frozenset[int]:
    raise AssertionError


@pytest.fixture
def owned(world: World) -> World:
    """The owner is a person who is in no server."""
    owner = world.env.create_user("owner")
    world.bot.owners = Owners([owner.id], nobody)
    return world


def owner_of(world: World) -> int:
    [owner] = world.bot.owners._named
    return owner


def told(world: World) -> list[ResponseMessage]:
    """What the owner got in direct messages."""
    backend = world.env.backend
    channel = backend.dm_channels.get(owner_of(world))
    messages = backend.messages.get(channel, {}).values() if channel else ()
    return [ResponseMessage(world.env, message) for message in messages]


async def later(world: World) -> None:
    await world.env.advance_time(BETWEEN_MESSAGES_SECONDS)


async def poem(world: World, start: str = "月") -> ResponseMessage:
    response = (await world.alice.slash(world.channel, "poem", start=start, form="五绝")).response
    assert response is not None
    return response


async def report(world: World, card: Any, reason: str = "rude", person: Any = None) -> InteractionResult:
    person = person or world.bob
    opened = await person.context_menu(world.channel, MENU, card)
    assert opened.modal is not None
    result: InteractionResult = await person.submit_modal(opened, {"reason": reason})
    return result


async def change(world: World, sql: str) -> None:
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute(sql)


def refusal(world: World, result: InteractionResult) -> str:
    assert isinstance(world.env.errors, list)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


async def test_a_report_is_kept_and_reaches_the_owner(owned: World) -> None:
    card = await poem(owned)
    result = await report(owned, card, reason="  rude,\n very rude ")

    assert result.response is not None
    assert result.response.ephemeral
    assert "Thank you" in result.response.content
    [row] = await rows(owned.bot, "SELECT reporter_id, poem_id, guild_id, channel_id, message_id, reason FROM reports")
    assert row == (owned.bob.id, 1, owned.guild.id, owned.channel.id, card.id, "rude, very rude")
    assert not told(owned)
    await later(owned)

    [message] = told(owned)
    said = text(message)
    [(verse,)] = await rows(owned.bot, "SELECT text FROM poems")
    assert all(line in said for line in verse.splitlines())
    assert "Reason: rude, very rude" in said
    assert f"<@{owned.alice.id}>" in said
    assert f"<@{owned.bob.id}>" in said
    assert f"Test Guild (`{owned.guild.id}`)" in said
    assert f"https://discord.com/channels/{owned.guild.id}/{owned.channel.id}/{card.id}" in said
    assert set(buttons(message)) == {f"admin:report:1:{act}" for act in ("person", "server", "dismiss")}
    await later(owned)
    assert len(told(owned)) == 1
    assert await rows(owned.bot, "SELECT told_at IS NOT NULL FROM reports") == [(1,)]


async def test_nothing_in_a_report_pings_or_is_more_than_text(owned: World) -> None:
    reason = "@everyone <@1> **bold** [link](https://evil.example) `x`"
    await report(owned, await poem(owned), reason=reason)
    await later(owned)

    [message] = told(owned)
    said = text(message)
    assert "@everyone" not in said
    assert "<@1>" not in said
    assert "**bold**" not in said
    assert "https://evil" not in said
    [sent] = [entry.json for entry in owned.env.http_requests if entry.json and "admin:report" in str(entry.json)]
    assert sent["allowed_mentions"] == {"parse": []}


async def test_the_longest_reason_fits(owned: World) -> None:
    await report(owned, await poem(owned), reason="\N{ZERO WIDTH SPACE}" * 300)
    await later(owned)

    [message] = told(owned)
    assert 1500 < len(text(message)) < 4000


async def test_a_second_report_says_that_it_is_known(owned: World) -> None:
    card = await poem(owned)
    first = await owned.bob.context_menu(owned.channel, MENU, card)
    second = await owned.bob.context_menu(owned.channel, MENU, card)
    await owned.bob.submit_modal(first, {"reason": "rude"})

    known = say(Language.ENGLISH, "error.report.known")
    # The form that stood open meanwhile, and the menu.
    assert refusal(owned, await owned.bob.submit_modal(second, {"reason": "rude"})) == known
    assert refusal(owned, await owned.bob.context_menu(owned.channel, MENU, card)) == known
    assert len(await rows(owned.bot, "SELECT id FROM reports")) == 1
    # Another person may.
    await report(owned, card, person=owned.alice)
    assert len(await rows(owned.bot, "SELECT id FROM reports")) == 2


async def test_only_cards_of_ours_can_be_reported(owned: World) -> None:
    await poem(owned)
    message = await owned.bob.send(owned.channel, "床前明月光")
    result = await owned.alice.context_menu(owned.channel, MENU, message)
    assert refusal(owned, result) == say(Language.ENGLISH, "error.favorites.no_card")

    about = (await owned.alice.slash(owned.channel, "about")).response
    assert about is not None
    result = await owned.alice.context_menu(owned.channel, MENU, about)
    assert refusal(owned, result) == say(Language.ENGLISH, "error.favorites.no_card")


async def test_a_poem_that_is_gone_cannot_be_reported(owned: World) -> None:
    card = await poem(owned)
    opened = await owned.bob.context_menu(owned.channel, MENU, card)
    await change(owned, "DELETE FROM poems")

    gone = say(Language.ENGLISH, "error.forgotten")
    assert refusal(owned, await owned.bob.submit_modal(opened, {"reason": "rude"})) == gone
    assert refusal(owned, await owned.bob.context_menu(owned.channel, MENU, card)) == gone
    assert await rows(owned.bot, "SELECT id FROM reports") == []


async def test_many_reports_make_one_message_a_minute(owned: World) -> None:
    for start in "月山风":
        await report(owned, await poem(owned, start))
    await later(owned)

    [message] = told(owned)
    assert "Other reports that came in: 2" in text(message)
    assert "Reports that wait: 3" in text(message)
    assert "admin:report:1:after" in buttons(message)
    assert await rows(owned.bot, "SELECT count(*) FROM reports WHERE told_at IS NULL") == [(0,)]


async def test_an_owner_who_takes_no_messages_is_told_at_the_next_start(
    owned: World, caplog: pytest.LogCaptureFixture
) -> None:
    owned.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    await report(owned, await poem(owned))
    await later(owned)
    await later(owned)

    assert "could not be told of report 1" in caplog.text
    assert not told(owned)
    assert await rows(owned.bot, "SELECT told_at FROM reports") == [(None,)]
    owner, config = owner_of(owned), owned.bot.config
    await owned.bot.close()
    named = config.model_copy(update={"owner": config.owner.model_copy(update={"users": (owner,)})})
    await owned.env.restart_bot(create_bot(named))

    assert len(told(owned)) == 1
    assert await rows(owned.bot, "SELECT told_at IS NOT NULL FROM reports") == [(1,)]


async def test_one_of_two_owners_is_enough(owned: World) -> None:
    other = owned.env.create_user("other")
    owner = owner_of(owned)
    owned.bot.owners = Owners([owner, other.id], nobody)
    owned.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    await report(owned, await poem(owned))
    await later(owned)

    assert await rows(owned.bot, "SELECT told_at IS NOT NULL FROM reports") == [(1,)]


@pytest.mark.parametrize("failure", [sqlite3.OperationalError("locked"), OSError("no network")])
async def test_what_goes_wrong_on_the_way_ends_nothing(
    owned: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    async def fail(*_: object) -> list[int]:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(ReportRepository, "untold", fail)
        await report(owned, await poem(owned))
        await later(owned)
    assert "The owner could not be told of reports" in caplog.text
    await report(owned, await poem(owned))
    await later(owned)

    assert len(told(owned)) == 1


async def test_reports_of_poems_that_are_gone_are_not_told(owned: World) -> None:
    await report(owned, await poem(owned))
    await change(owned, "DELETE FROM poems")
    await later(owned)

    assert not told(owned)


async def test_a_reconnection_starts_no_second_messenger(owned: World) -> None:
    cog: Any = owned.bot.get_cog("ModerationCog")
    await cog.on_ready()

    assert cog.tell.is_running()
    await owned.bot.remove_cog("ModerationCog")
    assert owned.bot.tree.get_command(MENU, type=discord.AppCommandType.message) is None


async def test_the_owner_reads_it_in_their_language(owned: World) -> None:
    await owned.bot.people.choose(owner_of(owned), {"language": "zh-TW"}, discord.utils.utcnow())
    await report(owned, await poem(owned))
    await later(owned)

    assert "檢舉 1" in text(told(owned)[0])


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_the_form_is_in_the_persons_language(owned: World, locale: str) -> None:
    card = await poem(owned)
    registered = owned.env.backend.find_command(MENU, None, 3)
    assert registered is not None
    message = owned.env.backend.messages[owned.channel.id][card.id]
    data = {
        "id": registered["id"],
        "name": MENU,
        "type": 3,
        "target_id": str(card.id),
        "resolved": {"messages": {str(card.id): dict(serializers.message_payload(owned.env.backend, message))}},
    }
    opened = await interact(owned, data, locale=locale)

    assert opened.modal is not None
    assert opened.modal["title"] == say(Language(locale), "report.title")
