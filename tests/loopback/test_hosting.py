"""The bot as its own process, and the commands with which a host looks after it, each as a process of its own."""

import asyncio
import os
import signal
import sys

from bot.config import ROOT, Config
from loopback.people import Channel, Person
from loopback.rest import TOKEN
from loopback.running import kept, running
from loopback.server import StandIn

QUICK = "import bot.operations.pulse as pulse; pulse.BEAT_SECONDS = pulse.STAMP_SECONDS = 0.1"


async def host(config: Config, *arguments: str) -> tuple[int, str]:
    """`python -m bot …`: its exit code, and all that it printed."""
    environment = os.environ | {
        "TANGPOET_STORAGE__DIR": str(config.storage.dir),
        "TANGPOET_MODEL__DIR": str(config.model.dir),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_a_host_looks_after_the_bot(stand_in: StandIn, config: Config, alice: Person, poems: Channel) -> None:
    async with running(config, stand_in, before=QUICK, TANGPOET_LOG__FORMAT="json") as bot:
        await bot.says("Ready as poet")
        card = await stand_in.answer(await stand_in.types(alice, poems, "poem", start="月"))
        await bot.says('"message": "Answered"')
        code, printed = await host(config, "health")
        assert code == 0, printed
        code, path = await host(config, "backup")
        assert code == 0, path
        star = await stand_in.presses(alice, poems, card, "keep")
        await stand_in.until(lambda: star.acknowledged)
        assert await host(config, "restore") == (
            75,
            f"another bot uses {config.storage.dir}: stop it, or choose another [storage] dir\n",
        )
        bot.send(signal.SIGTERM)
        assert await bot.end() == 0, bot.log

    for setting, address in (("api", stand_in.base), ("gateway", stand_in.gateway.url)):
        assert f"[discord] {setting} is not Discord's own: the token goes to {address}" in bot.log
    files = [file for file in config.storage.dir.rglob("*") if file.is_file()]
    assert any(file.is_relative_to(path.strip()) for file in files)
    for text in (bot.log.encode(), *(file.read_bytes() for file in files)):
        assert TOKEN.encode() not in text
    assert (await host(config, "health"))[0] == 1
    code, printed = await host(config, "restore")
    assert code == 0, printed
    assert await kept(config, "SELECT start, loved FROM poems") == [("月", 0)]  # as it was before the star
