"""The bot on a processor: it answers all that people ask without loading torch, which takes seconds and much memory."""

import subprocess
import sys
from pathlib import Path

BOT = """
import asyncio
import sys

from bot.app import create_bot
from bot.config import load_config
from bot.sandbox.patience import PatientEnv


def components(message):
    waiting = list(message.components)
    while waiting:
        component = waiting.pop(0)
        yield component
        waiting += component.get("components", [])


async def main():
    overrides = {"storage.dir": sys.argv[1], "model.device": "cpu", "poem.candidates": 9}
    env = PatientEnv(create_bot(load_config(overrides=overrides)), shard_count=1, settle_timeout=60)
    await env.start()
    try:
        await env.bot.poet.ready()
        answers = await ask(env)
    finally:
        await env.bot.close()
        await env.shutdown()
    assert all(answer.response is not None for answer in answers)
    assert not env.errors
    print("torch" in sys.modules)


async def ask(env):
    guild = env.create_guild()
    channel, alice = guild.create_text_channel("poems"), guild.add_member(env.create_user("alice"))
    poem = await alice.slash(channel, "poem", start="月")
    [lines] = [part for part in components(poem.response) if part["type"] == 3]
    return [
        poem,
        await alice.select(poem.response, ["1"], custom_id=lines["custom_id"]),
        await alice.slash(channel, "add", a="123", b="456"),
        await alice.slash(channel, "check", text="白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"),
        await alice.slash(channel, "rhyme", character="月"),
    ]


asyncio.run(main())
"""


def test_nothing_that_people_ask_needs_torch(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BOT, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr
