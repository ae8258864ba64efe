"""Reports as the owner looks through them and settles them."""

import discord
import pytest
from simcord import ResponseMessage

from bot.store.reports import Complaint
from bot.words import Language, say
from tests.bot.owner import admin, change, heard, message, owned_by_alice, press, said
from tests.bot.support import buttons, interact, rows, text
from tests.conftest import World

BLOCKED = say(Language.ENGLISH, "error.blocked.person")
SERVER_BLOCKED = say(Language.ENGLISH, "error.blocked.server")


@pytest.fixture
def owned(world: World) -> World:
    return owned_by_alice(world)


async def reported(world: World, start: str = "月", guild_id: int | None = None, theme: str = "") -> None:
    """Bob's poem, brought before the owner by somebody else."""
    await world.bob.slash(world.channel, "poem", start=start)
    await change(world, f"UPDATE poems SET theme = '{theme}'")  # noqa: S608
    [(poem_id,)] = await rows(world.bot, "SELECT max(id) FROM poems")
    complaint = Complaint(7, poem_id, guild_id, world.channel.id, 5, "rude")
    assert await world.bot.reports.add(complaint, discord.utils.utcnow())


async def first(world: World) -> ResponseMessage:
    card = (await admin(world, "reports list")).response
    assert card is not None
    return card


async def test_without_reports_it_is_said(owned: World) -> None:
    assert await said(owned, "reports list") == say(Language.ENGLISH, "error.admin.no_more_reports")


async def test_reports_are_looked_through_one_by_one(owned: World) -> None:
    for start in "月山风":
        await reported(owned, start, owned.guild.id, theme="送别")
    card = await first(owned)
    assert "Report 1" in text(card)
    assert "《送别》" in text(card)
    assert "Reports that wait: 3" in text(card)
    assert "admin:report:1:before" not in buttons(card)

    await owned.alice.click(card, custom_id="admin:report:1:after")
    assert "Report 2" in text(card)
    await owned.alice.click(card, custom_id="admin:report:2:dismiss")
    assert "Dismissed" in text(card)
    assert "Reports that wait: 2" in text(card)
    assert set(buttons(card)) == {"admin:report:2:before", "admin:report:2:after"}
    await owned.alice.click(card, custom_id="admin:report:2:after")
    assert "Report 3" in text(card)
    await owned.alice.click(card, custom_id="admin:report:3:before")
    assert "Report 1" in text(card)
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


async def test_a_page_beyond_the_end_is_said(owned: World) -> None:
    await reported(owned, "月")
    await reported(owned, "山")
    card = await first(owned)
    await change(owned, "DELETE FROM reports WHERE id = 2")

    result = await owned.alice.click(card, custom_id="admin:report:1:after")
    assert heard(owned, result) == say(Language.ENGLISH, "error.admin.no_more_reports")


async def test_who_had_it_written_is_blocked_from_the_report(owned: World) -> None:
    await reported(owned, guild_id=owned.guild.id)
    card = await first(owned)
    await owned.alice.click(card, custom_id="admin:report:1:person")

    assert "The person is blocked" in text(card)
    assert not buttons(card)
    assert heard(owned, await owned.bob.slash(owned.channel, "poem")) == BLOCKED
    assert await rows(owned.bot, "SELECT reason FROM blocks") == [("report 1",)]


async def test_the_server_is_blocked_from_the_report(owned: World) -> None:
    await reported(owned, guild_id=owned.guild.id)
    card = await first(owned)
    await owned.alice.click(card, custom_id="admin:report:1:server")

    assert "The server is blocked" in text(card)
    assert heard(owned, await owned.bob.slash(owned.channel, "poem")) == SERVER_BLOCKED


async def test_two_owners_settle_a_report_once(owned: World) -> None:
    await reported(owned, guild_id=owned.guild.id)
    one, other = await first(owned), await first(owned)
    await owned.alice.click(one, custom_id="admin:report:1:dismiss")
    await owned.alice.click(other, custom_id="admin:report:1:person")

    assert "This was settled before" in text(other)
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


async def test_a_report_from_a_direct_message_has_no_server(owned: World) -> None:
    await reported(owned)
    card = await first(owned)

    assert "Where: a direct message, https://discord.com/channels/@me/" in text(card)
    assert set(buttons(card)) == {"admin:report:1:person", "admin:report:1:dismiss"}
    # Whoever makes up the other button blocks nothing.
    pressed_anyhow = press("admin:report:1:server")
    await interact(owned, pressed_anyhow, kind=3, message=message(owned, "admin:report:1:server"))
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


async def test_a_report_from_a_server_that_was_left(owned: World) -> None:
    await reported(owned, guild_id=10**17)

    assert f"Where: `{10**17}`, " in text(await first(owned))


async def test_a_poem_that_lost_its_author_has_nobody_to_block(owned: World) -> None:
    await reported(owned)
    card = await first(owned)
    await change(owned, "UPDATE poems SET person_id = 0")

    result = await owned.alice.click(card, custom_id="admin:report:1:person")
    assert heard(owned, result) == say(Language.ENGLISH, "error.forgotten")
    assert set(buttons(await first(owned))) == {"admin:report:1:dismiss"}
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


async def test_the_bot_does_not_block_itself_over_its_poem_of_the_day(owned: World) -> None:
    await reported(owned)
    card = await first(owned)
    assert owned.bot.user is not None
    await change(owned, f"UPDATE poems SET person_id = {owned.bot.user.id}")  # noqa: S608

    assert heard(owned, await owned.alice.click(card, custom_id="admin:report:1:person")) == say(
        Language.ENGLISH, "error.forgotten"
    )
    assert "admin:report:1:person" not in buttons(await first(owned))
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


async def test_the_number_of_a_report_that_is_gone_never_comes_again(owned: World) -> None:
    """It stands in the buttons of the owner's old messages."""
    await reported(owned, "月")
    await change(owned, "DELETE FROM reports")
    await reported(owned, "山")

    assert await rows(owned.bot, "SELECT id FROM reports") == [(2,)]


async def test_the_report_of_a_poem_that_is_gone_is_gone(owned: World) -> None:
    await reported(owned)
    card = await first(owned)
    await change(owned, "DELETE FROM poems")

    result = await owned.alice.click(card, custom_id="admin:report:1:dismiss")
    assert heard(owned, result) == say(Language.ENGLISH, "error.forgotten")


async def test_a_very_long_poem_is_cut(owned: World) -> None:
    await reported(owned)
    await change(owned, f"UPDATE poems SET text = '{'*' * 3000}'")  # noqa: S608

    assert "…" in text(await first(owned))
