"""`/explain` as a person sees it: words, pictures, a poem and its gates, and what is said where that cannot be."""

import io
import re
from pathlib import Path
from typing import Any

import discord
import pytest
from PIL import Image
from simcord import ResponseMessage

from bot.app import create_bot
from bot.cogs.explain import CELLS
from bot.config import Config
from bot.services.cell_pictures import _words
from bot.services.compared import ComparedNetworks
from bot.services.explain import ExplainService, Study
from bot.services.queue import Room
from bot.services.refusals import ShuttingDown
from bot.services.worker import Worker
from bot.ui.explanation import ExplanationCard
from bot.words import Language, say
from model.errors import BadStart
from model.forms import Form
from model.generation import Poet
from model.insight.gates import read
from model.insight.reading import Reading
from model.recipes import Cell
from model.requests import PoemRequest
from model.script import Script
from tests.bot.support import command, components, interact, refusal, rows, text
from tests.bot.typefaces import typeface
from tests.bot.ui.test_cell_pictures import excerpt_of
from tests.conftest import CHARACTERS, World
from tests.model.learning import poet


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    """No typeface of the machine's comes in."""
    font = str(tmp_path / "none.ttf")
    return config.model_copy(update={"picture": config.picture.model_copy(update={"font": font})})


@pytest.fixture
def read_back(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Reading]:
    """What was drawn of gates; the other pictures are not drawn, which takes most of the time."""
    drawn: list[Reading] = []

    def draw(subject: Any, *_: Any) -> bytes:
        if subject.reading is not None:
            drawn.append(subject.reading)
        return b"picture"

    monkeypatch.setattr(world.bot.cell_pictures, "_draw", draw)
    monkeypatch.setattr("bot.parts.draw_cell", draw)  # for a bot that is started again
    return drawn


async def explain(world: World, **options: str) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "explain", **options)
    assert result.response is not None
    return result.response


def pictures(message: ResponseMessage | None) -> dict[str, str]:
    """The alt texts by the names of the files."""
    items = [item for part in components(message) if part["type"] == 12 for item in part["items"]]
    return {item["media"]["url"].rpartition("/")[2].partition("?")[0]: item["description"] for item in items}


@pytest.fixture
def patient(world: World) -> World:
    """Where pictures are really drawn, on a machine that may be busy: matplotlib alone takes a second to load."""
    world.env.settle_timeout = 60.0
    return world


async def test_a_cell_is_explained_with_equations_diagram_and_reach(patient: World) -> None:
    world = patient
    card = await explain(world, cell="lstm")

    assert not card.ephemeral
    said = text(card)
    assert "### LSTM (long short-term memory)" in said
    assert "*forget* gate" in said
    steps = r"(\d+|more than \d+)"
    assert re.search(rf"RNN {steps}, GRU {steps}, LSTM {steps}; before training", said)
    assert re.search(r"With a start, such as </explain:\d+> `cell:LSTM` `start:月`", said)
    assert list(pictures(card)) == ["lstm-diagram.png", "lstm-equations.png", "lstm-reach.png"]
    assert "C_k = f_k ⊙ C_(k−1) + i_k ⊙ g_k" in pictures(card)["lstm-equations.png"]
    for attachment in card.attachments:
        with Image.open(io.BytesIO(await attachment.read())) as picture:
            assert picture.format == "PNG"
            assert picture.width >= 900
    assert [attachment.filename for attachment in card.attachments] == list(pictures(card))
    assert await rows(world.bot, "SELECT command, outcome FROM requests") == [("explain", "done")]


@pytest.mark.parametrize("cell", CELLS)
async def test_with_a_start_the_gates_are_those_of_a_poem_of_this_network(
    world: World, read_back: list[Reading], cell: Cell, weights: Path
) -> None:
    card = await explain(world, cell=cell, start="月")

    assert list(pictures(card)) == [f"{cell}-{name}.png" for name in ("diagram", "equations", "gates", "reach")]
    lines = verse_of(card)
    assert [len(line) for line in lines] == [7] * 4
    assert lines[0].startswith("月")
    assert "With a start" not in text(card)
    [reading] = read_back
    assert reading.cell == cell
    assert "".join(reading.characters) == "{}，{}。{}，{}。".format(*lines)
    assert "32 characters and marks" in pictures(card)[f"{cell}-gates.png"]
    network = Poet.load(weights / f"compare-{cell}.safetensors", "cpu")
    assert f"weights `{network.weights[:8]}`" in text(card)
    hidden = network.network.configuration.hidden
    assert {found.shape for found in reading.gates.values()} == {(hidden, 32)}


def verse_of(card: ResponseMessage) -> list[str]:
    [poem] = [part["content"] for part in components(card) if part["type"] == 10 and "seed" in part["content"]]
    return [line for line in re.split(r"[，。\s]+", poem.partition("\n")[2]) if line]


async def test_the_gates_are_drawn_and_attached(patient: World) -> None:
    card = await explain(patient, cell="gru", start="春江")

    [gates] = [attachment for attachment in card.attachments if attachment.filename == "gru-gates.png"]
    with Image.open(io.BytesIO(await gates.read())) as picture:
        assert picture.width >= 900
    assert "update gate: open" in pictures(card)["gru-gates.png"]


async def test_a_poem_in_traditional_characters_is_read_as_it_was_written(
    world: World, read_back: list[Reading]
) -> None:
    card = await explain(world, cell="rnn", start="風雲")

    assert verse_of(card)[0].startswith("風雲")
    [reading] = read_back
    assert "".join(reading.characters).startswith("風雲")


@pytest.mark.usefixtures("read_back")
async def test_a_cell_without_gates_is_promised_none(world: World) -> None:
    without, started = await explain(world, cell="rnn"), await explain(world, cell="rnn", start="月")

    assert "gates" not in text(without)
    assert "from −1 (blue) by way of 0 (pale) to 1 (red)" in text(started)


@pytest.mark.parametrize(
    ("locale", "title", "part"),
    [("zh-CN", "LSTM（长短期记忆）", "遗忘门"), ("zh-TW", "LSTM（長短期記憶）", "遺忘閘")],
)
@pytest.mark.usefixtures("read_back")
async def test_it_speaks_the_persons_language(world: World, locale: str, title: str, part: str) -> None:
    result = await interact(world, command(world, "explain", cell="lstm", start="月"), locale=locale)

    said = text(result.response)
    assert f"### {title}" in said
    assert part in said
    assert pictures(result.response)["lstm-gates.png"].count(part) == 1
    result = await interact(world, command(world, "explain", cell="lstm"), locale=locale)
    assert {"zh-CN": "`单元:LSTM`", "zh-TW": "`單元:LSTM`"}[locale] in text(result.response)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("", "The start is empty"),
        ("moon", "Chinese characters only"),
        ("月" * 40, "at most 32 fit"),
        ("月" * 29, "29 characters, and a 七绝, which is written here, has room for 28. Give"),
    ],
)
async def test_a_bad_start_is_said_privately_before_anything_is_written(world: World, start: str, said: str) -> None:
    result = await world.alice.slash(world.channel, "explain", cell="gru", start=start)

    assert said in refusal(result)
    assert not result.followups
    assert world.env.errors


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "does not know 龘"), ("zh-CN", "不认识龘"), ("zh-TW", "不認識龘")]
)
async def test_a_character_that_the_network_does_not_know_is_named(world: World, locale: str, said: str) -> None:
    result = await interact(world, command(world, "explain", cell="rnn", start="龘"), locale=locale)

    assert said in refusal(result)
    assert world.env.errors


@pytest.mark.parametrize(("locale", "said"), [("en-US", "network is not there"), ("zh-CN", "网络"), ("zh-TW", "網路")])
async def test_without_the_weights_the_words_and_pictures_remain(
    world: World, config: Config, tmp_path: Path, read_back: list[Reading], locale: str, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    empty = config.model_copy(update={"model": config.model.model_copy(update={"dir": tmp_path / "empty"})})
    await world.bot.close()
    await world.env.restart_bot(create_bot(empty))
    result = await interact(world, command(world, "explain", cell="gru", start="月"), locale=locale)
    assert said in refusal(result)
    assert world.env.errors

    result = await interact(world, command(world, "explain", cell="gru"), locale=locale)
    assert len(pictures(result.response)) == 3
    assert not read_back


async def test_unwanted_words_are_in_no_start_and_in_no_poem(
    world: World, read_back: list[Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.bot.moderation, "_owners", frozenset({"山"}))
    result = await world.alice.slash(world.channel, "explain", cell="rnn", start="山月")
    assert refusal(result) == say(Language.ENGLISH, "error.words.wish")
    assert not result.followups

    monkeypatch.setattr(world.bot.moderation, "_owners", frozenset(CHARACTERS) - {"月"})
    result = await world.alice.slash(world.channel, "explain", cell="rnn", start="月")
    assert refusal(result) == say(Language.ENGLISH, "error.words.poem")
    assert not read_back
    assert world.env.errors


async def test_where_no_files_may_be_sent_it_is_said_so(world: World) -> None:
    me = world.guild.me
    assert me is not None
    closed = world.guild.create_text_channel("closed", overwrites={me: discord.PermissionOverwrite(attach_files=False)})
    result = await world.alice.slash(closed, "explain", cell="rnn")

    assert "Attach Files" in refusal(result)
    assert world.env.errors


async def test_in_a_direct_message_it_works_alike(world: World, read_back: list[Reading]) -> None:
    carol = world.env.create_user("carol")
    result = await carol.slash("explain", cell="rnn", start="月")

    assert len(pictures(result.response)) == 4
    assert read_back


async def test_pictures_are_lettered_in_chinese_where_it_can_be_written(
    world: World, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Language, bool]] = []

    def draw(_subject: Any, language: Language, face: object) -> bytes:
        asked.append((language, face is not None))
        return b"picture"

    monkeypatch.setattr("bot.parts.draw_cell", draw)
    path = typeface(tmp_path / "kai.ttf", _words(Language.TRADITIONAL))
    await world.bot.close()
    own = config.model_copy(update={"picture": config.picture.model_copy(update={"font": str(path)})})
    await world.env.restart_bot(create_bot(own))
    await interact(world, command(world, "explain", cell="rnn"), locale="zh-TW")

    assert asked == [(Language.TRADITIONAL, True)] * 3


async def test_a_closed_service_takes_no_more(world: World) -> None:
    await world.bot.explain.close()

    with pytest.raises(ShuttingDown):
        world.bot.explain.enter(Study("gru", PoemRequest(start="月")), 1)
    assert "being restarted" in refusal(await world.alice.slash(world.channel, "explain", cell="gru", start="月"))
    assert world.env.errors


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("cell", CELLS)
def test_a_card_keeps_discords_limits(cell: Cell, language: Language) -> None:
    excerpt = excerpt_of(cell, "月山风花春江水，" * 4)
    card = ExplanationCard(cell, excerpt, language, "</explain:123456789012345678>")

    assert card.content_length() <= 4_000
    assert card.total_children_count <= 40


async def test_a_start_is_offered_while_it_is_typed(world: World) -> None:
    offered = await world.alice.autocomplete(world.channel, "explain", "start", "春", cell="gru")

    assert "春江" in [choice["value"] for choice in offered]


@pytest.mark.parametrize("script", list(Script))
async def test_what_is_read_is_what_was_written_and_shown_as_it_is_wished(worker: Worker, script: Script) -> None:
    writer = poet("gru", Script.HANT)
    service = ExplainService(worker, Shelf(writer), room=Room(2, 2))
    wish = PoemRequest(start="月", form=Form("七绝"), rules="length", seed=5, script=script)
    excerpt = await service.enter(Study("gru", wish), 1).answer

    assert excerpt.poem.script is script
    assert "".join(excerpt.reading.characters) == excerpt.poem.text.replace("\n", "")
    own = read(writer.stepper.as_weights(), writer.vocabulary, excerpt.poem.traditional.replace("\n", ""))
    for gate, found in own.gates.items():
        assert (excerpt.reading.gates[gate] == found).all()
    await service.close()


class Shelf(ComparedNetworks):
    """One poet for every cell."""

    def __init__(self, writer: Poet) -> None:
        super().__init__(Path(), "cpu")
        self._writer = writer

    def poet(self, _cell: Cell) -> Poet:
        return self._writer


async def test_one_bad_wish_does_not_spoil_the_others(worker: Worker) -> None:
    service = ExplainService(worker, Shelf(poet("gru")), room=Room(2, 2))
    good, bad = (
        service.enter(Study("gru", PoemRequest(start=start, form=Form("七绝"), rules="length")), 1)
        for start in ("月", "龘")
    )

    assert (await good.answer).poem.text.startswith("月")
    with pytest.raises(BadStart):
        await bad.answer
    await service.close()
