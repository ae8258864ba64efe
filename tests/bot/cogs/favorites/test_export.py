"""`/favorites export`: all of them, in both formats."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services import favorite_files
from bot.services.favorite_files import escaped, files_of
from tests.bot.cogs.favorites.listing import AUTUMN, SPRING
from tests.bot.keeping import NOW, kept, written
from tests.conftest import World


async def exported(world: World) -> list[dict[str, bytes]]:
    """The files of each message."""
    result = await world.alice.slash(world.channel, "favorites export")
    messages = [message for message in (result.response, *result.followups) if message is not None]
    assert all(message.ephemeral for message in messages)
    assert not world.channel.history(viewer=world.bob)
    with world.env._bot_scope():
        return [{file.filename: await file.read() for file in message.attachments} for message in messages]


async def test_an_export_has_all_in_both_formats(world: World) -> None:
    await written(world.bot, world.alice.id)
    first, second = await kept(world.bot, world.alice.id, SPRING, "# 月\n*_`<b>[x](y)&amp;|~1. \\")

    [files] = await exported(world)

    assert list(files) == ["favorites-1-2.md", "favorites-1-2.json"]
    entries = json.loads(files["favorites-1-2.json"])
    assert [entry["number"] for entry in entries] == [second, first]
    assert entries[1] == {
        "number": first,
        "text": SPRING,
        "traditional": None,
        "form": "五绝",
        "theme": "登高",
        "start": "白日",
        "seed": 7,
        "script": "hans",
        "weights": "0123456789abcdef",
        "version": "0.1",
        "made_at": NOW.isoformat(),
        "kept_at": NOW.replace(microsecond=0).isoformat(),
        "loved": 1,
    }
    markdown = files["favorites-1-2.md"].decode()
    assert markdown.startswith(f"# Your favourites\n\n## \\#{second} 《登高》\n\n")
    assert "\\# 月\\\n\\*\\_\\`\\<b\\>\\[x\\]\\(y\\)\\&amp\\;\\|\\~1\\. \\\\\n" in markdown
    assert markdown.endswith(f"\n## \\#{first} 《登高》\n\n{SPRING}\n\n2026\\-01\\-02 · 五绝 · 7 · 0123456789abcdef\n")


async def test_many_favorites_come_in_as_many_files_as_it_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favorite_files, "LARGEST", 1_000)
    poems = await kept(world.bot, world.alice.id, *(SPRING,) * 7)

    parts = await exported(world)

    assert [next(iter(part)) for part in parts] == [
        "favorites-1-3.md",
        "favorites-4-6.md",
        "favorites-7-7.md",
    ]
    assert all(len(content) <= 1_000 for part in parts for content in part.values())
    found = [entry["number"] for part in parts for entry in json.loads([*part.values()][1])]
    assert found == poems[::-1]


async def test_a_poem_that_is_larger_than_a_file_has_one_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favorite_files, "LARGEST", 10)
    await kept(world.bot, world.alice.id, SPRING, AUTUMN)

    assert len(await exported(world)) == 2


async def test_nothing_makes_no_file(world: World) -> None:
    assert [part async for part in files_of(world.bot.favorites.every(world.alice.id), "")] == []


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("#*_`[]()<>&\\!-.1 ")))
def test_escaped_text_has_a_backslash_before_every_sign(given_text: str) -> None:
    said = escaped(given_text)

    unescaped, position = "", 0
    while position < len(said):
        char = said[position]
        if char == "\\":
            position += 1
            char = said[position]
            assert char.isascii()
            assert not char.isalnum()
        else:
            assert char not in "#*_`[]()<>&\\!-."
        unescaped += char
        position += 1
    assert unescaped == given_text
