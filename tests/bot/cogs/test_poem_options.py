"""Themes, acrostics and candidates, as a person sees them."""

import json
from pathlib import Path

import pytest
import torch

from bot.app import create_bot
from bot.config import Config
from model import checkpoint
from model.configuration import NetworkConfiguration
from model.errors import BadHeads
from model.forms import Form
from model.generation import Poet
from model.header import Header
from model.network import PoemNetwork
from model.requests import Poem, PoemRequest
from model.vocabulary import Vocabulary
from tests.bot.support import command, emit, interact, rows, text, verse
from tests.conftest import CHARACTERS, World, simulation

# Themes.


async def test_a_theme_reaches_the_network_and_is_kept(world: World, wishes: list[PoemRequest]) -> None:
    result = await world.alice.slash(world.channel, "poem", start="月", form="五绝", theme=" 思乡 ")

    assert result.response is not None
    assert not result.response.ephemeral
    assert [wish.theme for wish in wishes] == ["思乡"]
    [(wish,)] = await rows(world.bot, "SELECT wish FROM poems")
    assert json.loads(wish)["theme"] == "思乡"


@pytest.fixture
def titled(config: Config, tmp_path: Path) -> Config:
    """Settings with a network that reads titles; it has learned nothing."""
    vocabulary = Vocabulary.build([f"{CHARACTERS}，。"] * 3)
    shape = NetworkConfiguration(
        cell="gru", symbols=len(vocabulary), embedding=8, hidden=8, layers=1, slot=4, echo=4, dropout=0.0
    )
    torch.manual_seed(0)
    network = PoemNetwork(shape)
    header = Header(
        kind="poem",
        configuration=shape.model_dump(),
        characters="".join(vocabulary.characters),
        script="hans",
        recipe="tiny",
        corpus="none",
        seed=0,
        step=0,
    )
    checkpoint.save(tmp_path / "titled.safetensors", checkpoint.parameters_of(network), header)
    return config.model_copy(
        update={"model": config.model.model_copy(update={"network": str(tmp_path / "titled.safetensors")})}
    )


async def test_a_theme_stands_above_the_poem_as_it_was_typed(world: World, titled: Config) -> None:
    await world.bot.close()
    await world.env.restart_bot(create_bot(titled))
    result = await interact(world, command(world, "poem", form="五绝", theme="思鄉", start="风"), locale="zh-CN")

    assert "### 《思鄉》\n风" in text(result.response)
    assert "没有用上" not in text(result.response)
    poem = await world.bot.poems.get(1)
    assert poem is not None
    assert (poem.theme, poem.script, poem.given) == ("思鄉", "hans", (0,))


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "The theme 思鄉 was left aside"), ("zh-TW", "主題「思鄉」沒有用上")]
)
async def test_a_theme_that_the_network_cannot_heed_is_said(world: World, locale: str, said: str) -> None:
    result = await interact(world, command(world, "poem", form="五绝", theme="思鄉"), locale=locale)

    assert said in text(result.response)
    assert "《" not in text(result.response)


async def test_a_poem_without_a_theme_has_no_heading(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="月", form="五绝")

    assert "《" not in text(result.response)


async def test_a_theme_tells_the_script(world: World) -> None:
    await world.alice.slash(world.channel, "poem", theme="思鄉")
    await world.alice.slash(world.channel, "poem", start="风", theme="思鄉")

    assert await rows(world.bot, "SELECT script FROM poems ORDER BY id") == [("hant",), ("hans",)]


async def test_a_theme_that_cannot_be_is_answered_privately(world: World) -> None:
    for theme, said in (
        ("homesickness", "Leave out: h o m e s"),
        ("思乡🏠", "Leave out: 🏠"),
        ("春，雨", "Leave out: ，"),
        ("月" * 13, "has 13 characters; at most 12 fit"),
        ("  ", "The theme is empty"),
        ("@everyone", "@\N{ZERO WIDTH SPACE} e v"),
        ("\u202e\u200b", "U+202E U+200B"),
        ("\ud800", "U+D800"),
        ("x" * 4000, "Leave out: x"),
    ):
        result = await world.alice.slash(world.channel, "poem", theme=theme)
        assert result.response is not None
        assert result.response.ephemeral
        assert said in result.response.content
    assert world.env.errors
    assert not await rows(world.bot, "SELECT id FROM poems")
    assert {outcome for (outcome,) in await rows(world.bot, "SELECT outcome FROM requests")} == {
        "error.theme.not_han",
        "error.theme.too_long",
        "error.theme.empty",
    }


@pytest.mark.parametrize(
    ("locale", "said"), [("zh-CN", "主题要用汉字，请去掉：a"), ("zh-TW", "主題要用漢字，請去掉：a")]
)
async def test_refusals_are_in_the_persons_language(world: World, locale: str, said: str) -> None:
    result = await interact(world, command(world, "poem", theme="a"), locale=locale)

    assert result.response is not None
    assert said in result.response.content
    assert world.env.errors


async def test_a_start_longer_than_a_line_runs_over(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="春江花月夜山", form="五绝")

    assert verse(result.response)[0] == "春江花月夜"
    assert verse(result.response)[1].startswith("山")


# Acrostics.


@pytest.mark.parametrize(
    ("heads", "length", "form"),
    [
        ("月山", 5, Form.WUJUE),
        ("月山风花", 7, Form.QIJUE),
        ("月山风花春", 5, Form.WULV),
        ("月山风花春秋江水", 7, Form.QILV),
    ],
)
async def test_heads_begin_the_lines(world: World, heads: str, length: int, form: Form) -> None:
    result = await world.alice.slash(world.channel, "acrostic", heads=heads, length=length)

    lines = verse(result.response)
    assert [len(line) for line in lines] == [form.line_length] * form.line_count
    assert "".join(line[0] for line in lines).startswith(heads)
    assert f"acrostic {heads} · {form.value}" in text(result.response)
    assert text(result.response).strip().startswith(f"**{heads[0]}**")
    [(wish,)] = await rows(world.bot, "SELECT wish FROM poems")
    assert json.loads(wish)["heads"] == heads


async def test_the_length_of_an_acrostic_is_that_of_the_settings_form(config: Config, world: World) -> None:
    result = await world.alice.slash(world.channel, "acrostic", heads="月月")
    await world.bot.close()
    short = config.model_copy(update={"poem": config.poem.model_copy(update={"form": "五律"})})
    await world.env.restart_bot(create_bot(short))
    again = await world.alice.slash(world.channel, "acrostic", heads="月月")

    assert "acrostic 月月 · 七绝" in text(result.response)
    assert "acrostic 月月 · 五绝" in text(again.response)
    assert [line[0] for line in verse(again.response)[:2]] == ["月", "月"]


async def test_heads_that_cannot_be_are_answered_privately(world: World) -> None:
    for heads, said in (
        ("月", "One head makes no acrostic"),
        ("月" * 9, "These are 9 heads; at most 8 fit"),
        ("I ♥ you", "Leave out: I U+0020 ♥"),
        ("我爱长安！", "Leave out: ！"),
        ("", "The heads are missing"),
        ("🌙🌙", "Leave out: 🌙"),
    ):
        result = await interact(world, command(world, "acrostic", heads=heads))
        assert result.response is not None
        assert result.response.ephemeral
        assert said in result.response.content
    assert world.env.errors


async def test_heads_that_only_the_network_refuses_are_said_privately(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_poet: Poet, _requests: list[PoemRequest]) -> list[Poem]:
        raise BadHeads("unknown", "龘")

    monkeypatch.setattr(Poet, "compose_all", refuse)
    result = await world.alice.slash(world.channel, "acrostic", heads="龘月")

    [told] = result.followups
    assert told.ephemeral
    assert "does not know 龘" in told.content
    assert world.env.errors


async def test_another_acrostic_has_the_same_heads(world: World) -> None:
    first = await world.alice.slash(world.channel, "acrostic", heads="月山风花", length=5)
    assert first.response is not None
    second = await world.bob.click(first.response, label="Another")

    assert [line[0] for line in verse(second.response)] == list("月山风花")


# How many candidates.


async def test_candidates_are_fewer_where_many_wait(config: Config, wishes: list[PoemRequest]) -> None:
    own = config.model_copy(
        update={"poem": config.poem.model_copy(update={"candidates": 6, "tiers": ((1, 3), (2, 2)), "form": "五绝"})}
    )
    env = simulation(create_bot(own))
    await env.start()
    guild = env.create_guild()
    channel = guild.create_text_channel("poems")
    people = [guild.add_member(env.create_user(name)) for name in ("ann", "ben", "cas", "dan")]
    world = World(env, guild, channel, people[0], people[1])
    alone = await people[0].slash(channel, "poem")
    several = [emit(world, command(world, "poem"), person=person.id) for person in people]
    await env.settle()

    assert "best of 6" in text(alone.response)
    assert max(wish.candidates for wish in wishes) == 6
    assert {text(result.response).split("best of ")[1][0] for result in several} <= {"2", "3", "6"}
    kept = [json.loads(wish)["candidates"] for (wish,) in await rows(world.bot, "SELECT wish FROM poems ORDER BY id")]
    assert sorted(kept) == sorted(wish.candidates for wish in wishes)
    await env.bot.close()
    await env.shutdown()
