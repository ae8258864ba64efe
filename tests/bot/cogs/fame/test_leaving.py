"""The hall of fame: poems that are withdrawn, and messages that cannot be changed or are gone."""

import logging
import sqlite3

import aiohttp
import pytest

from bot.cogs.posts import reaching_discord
from bot.services.fame import Unclear
from bot.store.fame import FameRepository
from tests.bot.halls import POSTS, idle, keep, lose_id, open_hall, refresh, star, write
from tests.bot.support import rows
from tests.conftest import World


async def test_withdrawn_poems_leave_every_hall_at_once(world: World) -> None:
    hall = await open_hall(world)
    for _ in range(3):
        await write(world)
    for poem in (1, 2, 3):
        await keep(world, 11, 12, poem=poem)
    await world.bot.fame.withdraw([1, 3, 99])
    await idle(world.bot.fame)

    assert [star(message, 2) for message in hall.history()] == ["2"]
    assert await rows(world.bot, POSTS) == [(2, hall.id, 1, "shown")]


@pytest.mark.parametrize("how", ["message gone", "channel gone", "id unknown", "never sent"])
async def test_withdrawing_what_is_out_of_reach_forgets_it(world: World, how: str) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    message = hall.last_message
    assert message is not None
    if how in ("message gone", "never sent"):
        await message.delete()
    if how in ("id unknown", "never sent"):
        await lose_id(world)
    if how == "channel gone":
        world.env.backend.delete_channel(hall.id)
        await world.env.settle()
    await world.bot.fame.withdraw([1])
    await idle(world.bot.fame)

    assert not await rows(world.bot, POSTS)
    if how != "channel gone":
        assert not hall.history()


async def test_a_message_that_could_not_be_deleted_is_deleted_in_the_next_round(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    world.env.inject_error("DELETE", f"/channels/{hall.id}/messages/*", status=500)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")  # its post goes with it, whoever deletes it
    await world.bot.fame.consider(1)
    await idle(world.bot.fame)
    assert len(hall.history()) == 1
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "withdrawn")]
    await refresh(world)

    assert not hall.history()
    assert not await rows(world.bot, POSTS)


async def test_a_message_that_cannot_be_changed_stays_as_it_is(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12, 13)
    world.env.inject_error("PATCH", f"/channels/{hall.id}/messages/*", status=400, code=30046)
    await refresh(world)
    assert "poem 1 stays as it is" in caplog.text
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]
    await keep(world, 14)
    world.env.inject_error("PATCH", f"/channels/{hall.id}/messages/*", status=500)
    await refresh(world)
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "stale")]
    await refresh(world)
    assert star(hall.last_message) == "4"


async def test_a_message_that_a_moderator_deleted_does_not_come_back(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    message = hall.last_message
    assert message is not None
    await message.delete()
    await keep(world, 13)
    await refresh(world)
    await keep(world, 14)

    assert not hall.history()


async def test_a_database_that_fails_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hall = await open_hall(world)
    await write(world)

    async def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(FameRepository, "renown", locked)
        patch.setattr(FameRepository, "unsettled", locked)
        await keep(world, 11, 12)
        await refresh(world)
    assert "could not see to poem 1" in caplog.text
    assert "nothing could be brought up to date" in caplog.text
    await keep(world, 13)
    assert len(hall.history()) == 1


@pytest.mark.parametrize("silence", [aiohttp.ClientConnectionError("no line"), TimeoutError("slow"), OSError("down")])
def test_a_line_that_breaks_leaves_it_unclear(silence: Exception) -> None:
    with pytest.raises(Unclear), reaching_discord():
        raise silence
