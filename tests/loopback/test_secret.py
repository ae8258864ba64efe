"""The token: in no log, no answer, no database and no backup, whatever goes wrong, however much is logged."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.config import ROOT, Config
from loopback.faults import Refused
from loopback.people import Asked, Channel, Person
from loopback.rest import TOKEN
from loopback.running import running, token_in
from loopback.server import StandIn

# Faults that name the token: one that is answered and kept, and one in a task that nobody waits for.
BLABBING = """
import asyncio, os
from pathlib import Path
from bot.store.additions import AdditionRepository
from bot.store.poems import PoemRepository

said = "Authorization: Bot " + Path(os.environ["DISCORD_TOKEN_FILE"]).read_text().strip()

async def fail(*_):
    asyncio.create_task(lose())
    raise RuntimeError(said)

async def lose():
    raise RuntimeError(said)

PoemRepository.add = fail
"""
TYPED = "思乡"


async def answers_of(stand_in: StandIn, alice: Person, poems: Channel) -> list[str]:
    """What a person reads while much goes wrong."""
    asked = [
        await stand_in.types(alice, poems, "poem", theme=TYPED),
        await stand_in.types(stand_in.person("bob"), poems, "add", a="1", b="2"),
    ]
    stand_in.refuses("POST", "interactions/*/callback", Refused(403, 50013, "Missing Permissions"))
    asked.append(await stand_in.types(stand_in.person("carol"), poems, "about"))
    return [await said_to(stand_in, one) for one in asked]


async def said_to(stand_in: StandIn, asked: Asked) -> str:
    return (await stand_in.until(lambda: asked.followups[-1] if asked.followups else asked.answer)).text


async def backed_up(folder: Path) -> str:
    """Make a backup; what the command says."""
    variables = os.environ | {"TANGPOET_STORAGE__DIR": str(folder), **token_in(folder.parent)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "backup", cwd=ROOT, env=variables, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


@pytest.mark.parametrize("form", ["text", "json"])
async def test_the_token_is_nowhere(
    stand_in: StandIn, config: Config, alice: Person, poems: Channel, form: str
) -> None:
    variables = {"TANGPOET_LOG__LEVEL": "debug", "TANGPOET_LOG__FORMAT": form, "PYTHONASYNCIODEBUG": "1"}
    async with running(config, stand_in, before=BLABBING, **variables) as bot:
        await bot.says("Ready as poet")
        answers = await answers_of(stand_in, alice, poems)
        bot.send(signal.SIGTERM)
        assert await bot.end() == 0, bot.log
    answers.append(await backed_up(config.storage.dir))

    assert "[token]" in bot.log  # the fault was logged
    for said in (*answers, bot.log):
        assert TOKEN not in said
        assert TOKEN.rpartition(".")[2] not in said
    assert TYPED not in bot.log  # nor what people typed
    files = [path for path in config.storage.dir.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".db", ".json"}
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    assert [path for path in files if b"Authorization: Bot [token]" in path.read_bytes()]  # the fault is kept, without
