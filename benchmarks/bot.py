"""The bot with the shipped weights: start to ready, `/poem` and `/add` answered, resident memory.

python -m benchmarks.bot [--quick]

Each run is a fresh process against the simulated Discord, which answers at once: what is measured is the bot and the
simulation. The baseline is a bot of one command that only echoes, started and asked in the same way.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from simcord import ChannelHandle, MemberActor

ECHO, POET = "a bot that echoes", "tangpoet"
POEMS = 20
PATIENCE_SECONDS = 60.0
"""For one answer, on a machine that has other work."""
SUMS = 10
NUMBER = "1234567890" * 100
"""Of a thousand digits."""


async def _measure(kind: str, started: float) -> dict[str, float]:
    import discord  # noqa: PLC0415 - the start is what is measured
    from discord.ext import commands  # noqa: PLC0415
    from simcord import Env  # noqa: PLC0415

    async with AsyncExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        if kind == POET:
            from bot.app import PoetBot, create_bot  # noqa: PLC0415
            from bot.config import load_config  # noqa: PLC0415

            # The clock stands still in the simulation: without this, all poems were asked for at once.
            overrides = {"storage.dir": folder, "limits.person_per_minute": 600}
            bot: commands.Bot | commands.AutoShardedBot = create_bot(load_config(overrides=overrides))
        else:

            class Echo(commands.Bot):
                async def setup_hook(self) -> None:
                    await self.tree.sync()

            bot = Echo(commands.when_mentioned, intents=discord.Intents(guilds=True))

            @bot.tree.command(name="poem", description="echo")
            async def poem(interaction: discord.Interaction, start: str) -> None:
                await interaction.response.defer()
                await interaction.followup.send(start)

        env = Env(bot, shard_count=1 if kind == POET else None, settle_timeout=PATIENCE_SECONDS)
        # Whatever happens: the bot's threads would keep the process.
        opened.push_async_callback(env.shutdown)
        opened.push_async_callback(bot.close)
        await env.start()
        ready = time.time() - started
        # The network is loaded beside the connection; whoever asks before it is there waits for it.
        while kind == POET and isinstance(bot, PoetBot) and bot.poet.in_use is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        loaded = time.time() - started
        guild = env.create_guild()
        channel, person = guild.create_text_channel("poems"), guild.add_member(env.create_user("alice"))
        seconds = []
        for _ in range(POEMS):
            before = time.perf_counter()
            result = await person.slash(channel, "poem", start="月")
            assert result.response is not None
            seconds.append(time.perf_counter() - before)
        figures = {
            "ready": ready,
            "loaded": loaded,
            "first": seconds[0],
            "next": median(seconds[1:]),
        }
        if kind == POET:
            figures["sum"] = await _sums(person, channel)
        figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


async def _sums(person: "MemberActor", channel: "ChannelHandle") -> float:
    """Seconds until two numbers of a thousand digits are added, with the picture and the file: the median."""
    seconds = []
    for turned in range(SUMS):  # another sum every time: a picture that was drawn is kept
        number = NUMBER[turned:] + NUMBER[:turned]
        before = time.perf_counter()
        result = await person.slash(channel, "add", a=number, b=NUMBER)
        assert result.response is not None
        assert len(result.response.attachments) == 2  # the file and the picture
        seconds.append(time.perf_counter() - before)
    return median(seconds)


def _run(kind: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.bot", "--child", kind, "--started", str(time.time())]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    figures: dict[str, float] = json.loads(output.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--child", choices=[ECHO, POET], help=argparse.SUPPRESS)
    parser.add_argument("--started", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(asyncio.run(_measure(options.child, options.started))))
        return
    from benchmarks.machine import machine  # noqa: PLC0415 - torch, which the child must not import for nothing

    table = Table(
        "median of the runs",
        "start to ready",
        "start to network loaded",
        "first /poem",
        "next /poem",
        "/add of 1,000 digits",
        "most memory",
    )
    for kind in (ECHO, POET):
        runs = [_run(kind) for _ in range(1 if options.quick else 5)]
        ready, loaded, first, following, memory = (
            median(run[name] for run in runs) for name in ("ready", "loaded", "first", "next", "memory")
        )
        shown = [
            f"{ready:.2f} s",
            f"{loaded:.2f} s",
            f"{first:.2f} s",
            f"{following * 1e3:.0f} ms",
            f"{median(run['sum'] for run in runs) * 1e3:.0f} ms" if kind == POET else "",
            f"{memory:.0f} MiB",
        ]
        table.add_row(kind, *shown)
    console = Console()
    console.print(table)
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
