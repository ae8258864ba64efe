"""Several processes of one bot, each with shards of its own, on one data folder: this process, and another one."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.operations.lock import FolderInUse
from bot.store.database import DATABASE, Database
from loopback.people import Channel, Message, Person
from loopback.rest import TOKEN
from loopback.running import kept, running
from loopback.server import StandIn


@pytest.fixture
def shards() -> int:
    return 2


def of_shard(config: Config, stand_in: StandIn, number: int) -> Config:
    shard = {"gateway": stand_in.gateways[number].url, "shards": 2, "shard_ids": (number,)}
    discord = config.discord.model_copy(update=shard)
    limits = config.limits.model_copy(update={"person_per_minute": 1})
    return config.model_copy(update={"discord": discord, "limits": limits})


@asynccontextmanager
async def here(config: Config, stand_in: StandIn, number: int) -> AsyncIterator[PoetBot]:
    """A shard in this process."""
    async with create_bot(of_shard(config, stand_in, number)) as bot:
        serving = asyncio.create_task(bot.start(TOKEN))
        await stand_in.until(lambda: stand_in.gateways[number].ready, while_runs=serving)
        yield bot
        await bot.close()
        await serving


async def change(config: Config, sql: str, *values: object) -> None:
    """As another process would."""
    database = await Database.open(config.storage.dir / DATABASE, may_migrate=False)
    async with database.transaction() as transaction:
        await transaction.execute(sql, values)
    await database.close()


async def have_daily_poems(config: Config, *channels: Channel) -> None:
    """Their time has come this very minute."""
    await (await Database.open(config.storage.dir / DATABASE)).close()
    now = datetime.now(UTC)
    for channel in channels:
        assert channel.server is not None
        await change(
            config,
            "INSERT INTO servers (guild_id, daily_channel_id, daily_minute, daily_zone, daily_done, changed_at)"
            " VALUES (?, ?, ?, 'Etc/UTC', ?, 0)",
            channel.server.id,
            channel.id,
            now.hour * 60 + now.minute,
            (now - timedelta(days=1)).date().isoformat(),
        )


async def refused_soon(stand_in: StandIn, person: Person, channel: Channel) -> str:
    """What the person is told once something else than an answer comes."""
    while True:
        told = await stand_in.answer(await stand_in.types(person, channel, "about"))
        if "I write classical" not in told.text:
            return told.text
        await asyncio.sleep(0.2)


async def test_two_processes_divide_the_servers_and_share_everything_else(
    stand_in: StandIn,
    config: Config,
    alice: Person,
    bob: Person,
    gate: threading.Event,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate.set()
    owner = stand_in.person("owner")
    config = config.model_copy(update={"owner": config.owner.model_copy(update={"users": (owner.id,)})})
    ours, theirs = (stand_in.server(f"of shard {shard}", shard=shard).channel("poems") for shard in (0, 1))
    await have_daily_poems(config, ours, theirs)
    variables = {
        "TANGPOET_DISCORD__SHARDS": "2",
        "TANGPOET_DISCORD__SHARD_IDS": "[1]",
        "TANGPOET_DISCORD__GATEWAY": stand_in.gateways[1].url,
        "TANGPOET_LIMITS__PERSON_PER_MINUTE": "1",
    }
    async with here(config, stand_in, 0), running(config, stand_in, **variables) as other:
        # Each serves its shard, and there is one poem of the day in each server.
        await stand_in.until(lambda: stand_in.rest.posted(ours))
        await stand_in.until(lambda: stand_in.rest.posted(theirs))
        with pytest.raises(FolderInUse, match="another process serves shard 1"):
            async with create_bot(of_shard(config, stand_in, 1)) as third:
                await third.login(TOKEN)

        # One request of a person at a time, and not too many, wherever they ask.
        gate.clear()
        asked = await stand_in.types(alice, ours, "poem", start="月")
        await stand_in.until(lambda: asked.acknowledged)
        again = await stand_in.answer(await stand_in.types(alice, theirs, "poem"))
        gate.set()
        assert "still running" in again.text
        assert "月" in (await stand_in.answer(asked)).text
        too_often = await stand_in.answer(await stand_in.types(alice, theirs, "poem"))
        assert " s (<t:" in too_often.text
        assert "山" in (await stand_in.answer(await stand_in.types(bob, theirs, "poem", start="山"))).text

        # The owner sees the servers of both, and leaves those of the other one, too.
        far = stand_in.server("far away", shard=1)
        listed = await stand_in.answer(await stand_in.types(owner, ours, "admin servers list"))
        assert all(name in listed.text for name in ("Servers: 3", "of shard 0", "of shard 1", "far away"))
        asked = await stand_in.types(owner, ours, "admin servers leave", server=str(far.id))
        button = await stand_in.answer(asked)
        seen = Message(deepcopy(button.payload))
        await stand_in.presses(owner, ours, button, f"admin:leave:{far.id}")
        await stand_in.until(lambda: "has left" in button.text)
        twice = await stand_in.presses(owner, ours, seen, f"admin:leave:{far.id}")
        [told] = await stand_in.until(lambda: twice.followups)
        assert "is not in the server" in told.text

        # What one of them changes, the other one sees.
        await change(config, "INSERT INTO blocks VALUES ('person', ?, 'why', 0)", bob.id)
        for place in (ours, theirs):
            assert "has blocked you" in await refused_soon(stand_in, bob, place)

        # Whoever was killed comes back beside the other, and repeats nothing.
        other.send(signal.SIGKILL)
        assert await other.end() == -signal.SIGKILL
        async with here(config, stand_in, 1):
            assert (await stand_in.answer(await stand_in.types(alice, theirs, "about"))).text
    assert "Traceback" not in caplog.text
    assert "Traceback" not in other.log

    assert await kept(config, "SELECT count(*) FROM poems WHERE request_id = 0") == [(2,)]
    assert await kept(config, "SELECT DISTINCT left_at FROM servers") == [(None,)]
    leases = await kept(config, "SELECT name, holder FROM leases ORDER BY name")
    assert {"daily 0", "daily 1", "reports", "retention", "sync"} <= {name for name, _ in leases}
    assert {holder for _, holder in leases} == {""}
    assert await kept(config, "PRAGMA integrity_check") == [("ok",)]
