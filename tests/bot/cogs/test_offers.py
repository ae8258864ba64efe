"""What is offered while one types an option."""

from bot.cogs.offers import STARTS
from tests.bot.support import command, interact
from tests.conftest import World


async def offered(world: World, option: str, typed: str, locale: str = "en-US") -> dict[str, str]:
    """Values of what is offered, with their names."""
    data = command(world, "poem", **{option: typed})
    data["options"][0]["focused"] = True
    result = await interact(world, data, kind=4, locale=locale)
    assert result.autocomplete_choices is not None
    return {choice["value"]: choice["name"] for choice in result.autocomplete_choices}


async def test_starts_are_offered(world: World) -> None:
    every = await offered(world, "start", "")

    assert set("日红山夜湖海月") < every.keys() <= set(STARTS)
    assert len(every) == 25
    assert list(await offered(world, "start", "月")) == ["月", "明月"]
    assert "風" not in "".join(every)
    assert "秋風" in await offered(world, "start", "", "zh-TW")
    assert list(await offered(world, "start", "秋风", "zh-TW")) == ["秋風"]


async def test_what_is_typed_is_offered_first_where_it_will_do(world: World) -> None:
    assert list(await offered(world, "start", "龙")) == ["龙"]
    for typed in ("moon", "月moon", "月" * 33, "x" * 6000, "\ud800", "🌙", "。"):
        assert await offered(world, "start", typed) == {}
    assert list(await offered(world, "theme", "春夜")) == ["春夜"]


async def test_themes_are_offered_with_what_they_mean(world: World) -> None:
    every = await offered(world, "theme", "")

    assert len(every) == 25
    assert every["思乡"] == "思乡: longing for home"
    assert await offered(world, "theme", "HOME ") == {"思乡": "思乡: longing for home"}
    assert await offered(world, "theme", "思鄉") == {"思乡": "思乡: longing for home"}
    assert await offered(world, "theme", "思", "zh-TW") == {"思": "思", "思鄉": "思鄉", "秋思": "秋思"}
    assert await offered(world, "theme", "思", "zh-CN") == {"思": "思", "思乡": "思乡", "秋思": "秋思"}
