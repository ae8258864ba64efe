"""Blocking people and servers: what it means for them, and how it is undone."""

import sqlite3
from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.app import create_bot
from bot.store.blocks import BlockRepository, Subject
from bot.words import Language, say
from tests.bot.owner import admin, heard, owned_by_alice, said
from tests.bot.support import buttons, command, interact, rows, text
from tests.conftest import World

BLOCKED = say(Language.ENGLISH, "error.blocked.person")
SERVER_BLOCKED = say(Language.ENGLISH, "error.blocked.server")


@pytest.fixture
def owned(world: World) -> World:
    return owned_by_alice(world)


async def test_a_blocked_person_gets_one_private_answer_to_everything(owned: World) -> None:
    card = (await owned.bob.slash(owned.channel, "poem", start="月", form="五绝")).response
    assert card is not None
    assert await said(owned, "block user", user=owned.bob, reason="spam @everyone") == (
        f"<@{owned.bob.id}> (`{owned.bob.id}`) is blocked from now on."
    )

    for result in (
        await owned.bob.slash(owned.channel, "poem"),
        await owned.bob.slash(owned.channel, "help"),
        await owned.bob.user.slash("about"),
        await owned.bob.click(card, custom_id="poem:1:another"),
        await owned.bob.select(card, ["1"], custom_id="poem:1:line"),
        await owned.bob.context_menu(owned.channel, "Check this poem", card),
    ):
        assert heard(owned, result) == BLOCKED
    assert await owned.bob.autocomplete(owned.channel, "poem", "start", "") == []
    assert text((await owned.alice.slash(owned.channel, "poem")).response)
    assert await rows(owned.bot, "SELECT count(*) FROM requests WHERE outcome = 'error.blocked.person'") == [(6,)]


async def test_a_block_outlives_a_restart_and_can_be_undone(owned: World) -> None:
    await said(owned, "block user", user=owned.bob)
    config = owned.bot.config
    named = config.model_copy(update={"owner": config.owner.model_copy(update={"users": (owned.alice.id,)})})
    await owned.bot.close()
    await owned.env.restart_bot(create_bot(named))
    assert heard(owned, await owned.bob.slash(owned.channel, "poem")) == BLOCKED

    [offered] = await owned.alice.autocomplete(owned.channel, "admin unblock user", "user", "")
    assert offered == {"name": str(owned.bob.id), "value": str(owned.bob.id)} | offered
    assert "can use the bot again" in await said(owned, "unblock user", user=offered["value"])
    assert text((await owned.bob.slash(owned.channel, "poem")).response)
    assert await said(owned, "unblock user", user=f"<@{owned.bob.id}>") == f"`{owned.bob.id}` is not blocked."


async def test_a_form_that_stood_open_is_closed_to_the_blocked(owned: World) -> None:
    opened = await owned.bob.slash(owned.channel, "check")
    await said(owned, "block user", user=owned.bob)

    assert heard(owned, await owned.bob.submit_modal(opened, {"text": "床前明月光"})) == BLOCKED


async def test_a_blocked_server_is_closed_to_all_but_the_owner(owned: World) -> None:
    guild_id = owned.guild.id
    assert "is blocked from now on" in await said(owned, "block server", server=str(guild_id), reason="spam")

    assert heard(owned, await owned.bob.slash(owned.channel, "poem")) == SERVER_BLOCKED
    assert text((await owned.bob.user.slash("poem")).response)
    # Who blocked it can undo it from there.
    assert text((await owned.alice.slash(owned.channel, "poem")).response)
    [offered] = await owned.alice.autocomplete(owned.channel, "admin unblock server", "server", "SPA")
    assert offered["name"] == f"{guild_id} · spam"
    assert "can use the bot again" in await said(owned, "unblock server", server=offered["value"])
    assert text((await owned.bob.slash(owned.channel, "poem")).response)


async def test_an_owner_cannot_be_blocked(owned: World) -> None:
    assert await said(owned, "block user", user=owned.alice) == say(Language.ENGLISH, "error.admin.owner_stays")
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


@pytest.mark.parametrize("typed", ["Test Guild", "12", "<#123456789012345678>", "9" * 30])
async def test_what_is_no_id_is_said(owned: World, typed: str) -> None:
    assert "This is not an id" in await said(owned, "block server", server=typed)


async def test_what_could_not_be_stored_does_not_count(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise sqlite3.OperationalError("full")

    monkeypatch.setattr(BlockRepository, "add", full)
    await admin(owned, "block user", user=owned.bob)

    assert text((await owned.bob.slash(owned.channel, "poem")).response)


async def test_the_blocked_are_listed_in_pages(owned: World) -> None:
    assert "Nobody is blocked" in await said(owned, "block list")
    now = discord.utils.utcnow()
    for number in range(23):
        kind = Subject.SERVER if number % 2 else Subject.PERSON
        await owned.bot.blocks.add(kind, 10**17 + number, "**why** @everyone", now + timedelta(seconds=number))

    card = (await admin(owned, "block list")).response
    assert "Blocked: 23" in text(card)
    assert text(card).count("`1000") == 10
    assert f"`{10**17 + 22}`" in text(card)
    assert "@everyone" not in text(card)
    assert list(buttons(card)) == ["admin:list:blocks:1"]
    assert card is not None
    await owned.alice.click(card, custom_id="admin:list:blocks:1")
    assert "Page 2 of 3" in text(card)
    assert list(buttons(card)) == ["admin:list:blocks:0", "admin:list:blocks:2"]
    # Meanwhile there are fewer: the last page is shown.
    for number in range(15):
        kind = Subject.SERVER if number % 2 else Subject.PERSON
        await owned.bot.blocks.remove(kind, 10**17 + number)
    await owned.alice.click(card, custom_id="admin:list:blocks:2")
    assert "Page 1 of 1" in text(card)
    assert not buttons(card)


async def test_typing_that_discord_no_longer_waits_for_is_no_fault(owned: World) -> None:
    await owned.bot.blocks.add(Subject.PERSON, owned.bob.id, "", discord.utils.utcnow())
    owned.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    options = [{"name": "start", "type": 3, "value": "月", "focused": True}]
    typed = command(owned, "poem") | {"options": options}
    result = await interact(owned, typed, kind=4, person=owned.bob.id)

    assert not result.acknowledged
    assert not owned.env.errors
