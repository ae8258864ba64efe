"""/admin as the owner uses it: servers, and what stands behind a reference id."""

import re
import sqlite3
from typing import Any

import discord
import pytest

from bot.store.blocks import Subject
from bot.store.faults import Fault
from bot.store.poems import PoemRepository
from tests.bot.owner import admin, message, owned_by_alice, press, said
from tests.bot.support import buttons, interact, text
from tests.conftest import World


@pytest.fixture
def owned(world: World) -> World:
    return owned_by_alice(world)


async def test_the_servers_are_listed(owned: World) -> None:
    owned.env.create_guild("**Bold** @everyone " + "x" * 60)
    await owned.bot.blocks.add(Subject.SERVER, owned.guild.id, "", discord.utils.utcnow())
    listed = await said(owned, "servers list")

    assert "Servers: 2" in listed
    assert f"Test Guild · `{owned.guild.id}` · people: " in listed
    assert "🚫" in listed
    assert "@everyone" not in listed
    assert "**Bold**" not in listed


async def test_the_longest_list_of_servers_fits(owned: World) -> None:
    for _ in range(12):
        owned.env.create_guild("\N{ZERO WIDTH JOINER}" * 100)
    card = (await admin(owned, "servers list")).response

    assert len(text(card)) < 4000
    assert "Page 1 of 2" in text(card)


async def test_leaving_a_server_is_asked_first(owned: World) -> None:
    other = owned.env.create_guild("Elsewhere")
    [offered] = await owned.alice.autocomplete(owned.channel, "admin servers leave", "server", "elsew")
    assert offered["name"] == f"{other.id} · Elsewhere"
    card = (await admin(owned, "servers leave", server=offered["value"])).response
    assert card is not None
    assert "Leave **Elsewhere**" in text(card)
    assert owned.bot.get_guild(other.id) is not None

    await owned.alice.click(card, custom_id=f"admin:leave:{other.id}")
    assert "The bot has left **Elsewhere**" in text(card)
    assert not buttons(card)
    assert owned.bot.get_guild(other.id) is None
    asked_again = await owned.alice.slash(owned.channel, "admin servers leave", server=str(other.id))
    assert owned.env.errors
    assert "is not in the server" in asked_again.followups[-1].content
    pressed_again = await interact(
        owned, press(f"admin:leave:{other.id}"), kind=3, message=message(owned, f"admin:leave:{other.id}")
    )
    assert "is not in the server" in pressed_again.followups[-1].content


async def test_a_server_that_removed_the_bot_while_the_owner_pressed_is_said(owned: World) -> None:
    other = owned.env.create_guild("Elsewhere")
    card = (await admin(owned, "servers leave", server=str(other.id))).response
    assert card is not None
    owned.env.inject_error("DELETE", f"/users/@me/guilds/{other.id}", status=404, code=10004)
    pressed = await owned.alice.click(card, custom_id=f"admin:leave:{other.id}")

    assert "is not in the server" in pressed.followups[-1].content


async def test_a_reference_leads_to_what_happened(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(PoemRepository, "add", fail)
        told = (await owned.bob.slash(owned.channel, "poem", start="月")).followups[-1].content
    found = re.search(r"[0-9a-f]{8}", told)
    assert found is not None
    result = await admin(owned, "error", id=f" `{found[0].upper()}` ")

    card = text(result.response)
    assert f"Reference {found[0]}" in card
    assert "Command: poem" in card
    assert f"<@{owned.bob.id}>" in card
    assert f"Test Guild (`{owned.guild.id}`)" in card
    assert result.response is not None
    [file] = result.response.attachments
    content = (await file.read()).decode()
    assert '"start": "月"' in content
    assert content.rstrip().endswith("database or disk is full")


async def test_a_reference_whose_request_is_forgotten(owned: World) -> None:
    fault = Fault("0123abcd", 1, 2, None, "poem", "Traceback", discord.utils.utcnow())
    await owned.bot.faults.add(fault)
    card = await said(owned, "error", id="0123abcd")

    assert "What was typed is forgotten already" in card
    assert "a direct message" in card


async def test_a_reference_from_a_server_that_was_left(owned: World) -> None:
    await owned.bot.faults.add(Fault("0123abcd", 1, 2, 10**17, "poem", "Traceback", discord.utils.utcnow()))

    assert f"Where: `{10**17}`" in await said(owned, "error", id="0123abcd")


async def test_an_unknown_reference_is_said(owned: World) -> None:
    assert "@everyone" not in await said(owned, "error", id="**x** @everyone")
    assert "no reference" in await said(owned, "error", id="ffffffff")
