"""What the tests of /admin corpus share: the owner, poems, and files of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from simcord import ResponseMessage

from tests.bot.learned import asked
from tests.bot.owner import owned_by_alice
from tests.conftest import World

QUIET = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
STORKS = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
LINES = f"静夜思:{QUIET}\n登鹳雀楼:{STORKS}\n又:{QUIET}\n缺:月□山，\n英:hello 月\n"


@pytest.fixture
def owned(world: World, at_once: None) -> World:
    return owned_by_alice(world)


async def add(world: World, content: bytes | str, file: str = "poems.txt", **options: Any) -> ResponseMessage:
    content = content.encode() if isinstance(content, str) else content
    return await asked(world, "corpus add", file=(file, content), **options)


def folder(world: World) -> Path:
    return world.bot.config.storage.dir / "corpora"


def kept(world: World) -> list[str]:
    """What lies in the folder, without what waits."""
    return sorted(path.name for path in folder(world).glob("[!.]*"))


def as_json(*texts: str) -> bytes:
    return json.dumps([{"title": "", "author": "", "paragraphs": [text]} for text in texts]).encode()
