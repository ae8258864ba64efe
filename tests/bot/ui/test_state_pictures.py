"""The picture of a sum's hidden states: what is drawn, and what becomes of its button."""

import io
import os
from pathlib import Path
from typing import Any

import discord
import pytest
from PIL import Image
from simcord import ResponseMessage

from bot.app import create_bot
from bot.config import Config
from bot.services.fonts import Fonts
from bot.services.state_pictures import PlotWords, StatePictures
from bot.services.studio import Studio
from bot.store.additions import AdditionRecord
from bot.ui.state_plot import MOST_WITH_DIGITS, _ranges, draw_states
from bot.ui.states import FILE_NAME, MOST_NAMED, alt_text, plot_words, prepare
from bot.words import Language
from model.addition import Adder
from model.addition.state_map import StateMap
from tests.bot.support import buttons, command, components, interact, text
from tests.bot.typefaces import typeface
from tests.conftest import World, write_adder

STATES = "addition:1:states:1"


@pytest.fixture
def config(config: Config) -> Config:
    """Pictures come at once, as they do in the project's settings."""
    return config.model_copy(update={"picture": config.picture.model_copy(update={"sums": True})})


async def pictures(message: ResponseMessage | None) -> list[Image.Image]:
    assert message is not None
    found = [file for file in message.attachments if file.filename == FILE_NAME]
    return [Image.open(io.BytesIO(await file.read())) for file in found]


def alts(message: ResponseMessage | None) -> list[str]:
    galleries = [part for part in components(message) if part["type"] == 12]
    assert all(item["media"]["url"].endswith(FILE_NAME) for part in galleries for item in part["items"])
    return [item["description"] for part in galleries for item in part["items"]]


def only_by_button(world: World) -> None:
    picture = world.bot.config.picture.model_copy(update={"sums": False})
    world.bot.config = world.bot.config.model_copy(update={"picture": picture})


async def added(world: World, **numbers: str) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "add", **numbers)
    assert result.response is not None
    return result.response


async def test_the_picture_comes_with_the_sum(world: World) -> None:
    card = await added(world, a="275", b="9648")

    [picture] = await pictures(card)
    assert (picture.format, picture.size) == ("PNG", (1000, 612))
    [alt] = alts(card)
    assert "Columns with a carry, from the right: 1, 2." in alt
    assert not buttons(card)


async def test_it_stays_while_pages_are_turned_and_the_file_with_it(world: World) -> None:
    card = await added(world, a="5" * 100, b="6" * 99)
    [before] = await pictures(card)
    await world.bob.click(card, custom_id="addition:1:on:2")

    assert "Page 2 of 4" in text(card)
    [after] = await pictures(card)
    assert after.tobytes() == before.tobytes()
    assert len(card.attachments) == 2
    assert "carry: 99 of 100" in alts(card)[0]


async def test_a_page_can_be_turned_after_a_restart_with_its_picture(world: World, config: Config) -> None:
    card = await added(world, a="5" * 100, b="6" * 99)
    [before] = await pictures(card)
    await restart(world, config)
    await world.alice.click(card, custom_id="addition:1:on:2")

    [after] = await pictures(card)
    assert after.tobytes() == before.tobytes()


async def test_who_chose_text_gets_text_and_a_button(world: World) -> None:
    await world.bot.people.choose(world.alice.id, {"display": "text"}, discord.utils.utcnow())
    card = await added(world, a="999", b="1")

    assert not alts(card)
    assert list(buttons(card)) == [STATES]
    await world.bob.click(card, custom_id=STATES)
    assert await pictures(card)
    assert not buttons(card)
    assert "999 + 1 = 1000" in text(card)


async def test_nobody_waits_for_the_pictures_of_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.bot.studio, "_waiting", 1)
    card = await added(world, a="1", b="2")

    assert not alts(card)
    assert STATES in buttons(card)


async def test_the_button_works_after_a_restart(world: World, config: Config) -> None:
    only_by_button(world)
    card = await added(world, a="5" * 100, b="6")
    await world.alice.click(card, custom_id="addition:1:last:4")
    await restart(world, config)
    await world.bob.click(card, custom_id="addition:1:states:4")

    assert "Page 4 of 4" in text(card)
    assert await pictures(card)
    assert [key for key in buttons(card) if "states" in key] == []


async def restart(world: World, config: Config) -> None:
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))


async def test_the_states_of_a_network_that_is_gone_are_not_made_up(
    world: World, config: Config, tmp_path: Path
) -> None:
    only_by_button(world)
    card = await added(world, a="999", b="1")
    write_adder(tmp_path / "other.safetensors", carries=False)
    changed = config.model_copy(
        update={"model": config.model.model_copy(update={"adder": str(tmp_path / "other.safetensors")})}
    )
    await restart(world, changed)
    result = await world.alice.click(card, custom_id=STATES)

    [told] = result.followups
    assert told.ephemeral
    assert "not in use any more" in told.content
    assert not alts(card)


async def test_a_sum_that_is_forgotten_has_no_states(world: World) -> None:
    only_by_button(world)
    card = await added(world, a="999", b="1")
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM additions")
    result = await world.alice.click(card, custom_id=STATES)

    assert result.response is not None
    assert "no longer have" in result.response.content


async def test_where_files_may_not_be_sent_the_button_says_so(world: World) -> None:
    me = world.guild.me
    assert me is not None
    closed = world.guild.create_text_channel("closed", overwrites={me: discord.PermissionOverwrite(attach_files=False)})
    result = await world.alice.slash(closed, "add", a="1", b="2")

    assert result.response is not None
    assert not alts(result.response)
    pressed = await world.alice.click(result.response, custom_id=STATES)
    assert pressed.response is not None
    assert "Attach Files" in pressed.response.content


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "有进位的数位"), ("zh-TW", "有進位的數位")])
async def test_the_alt_text_is_in_the_persons_language(world: World, locale: str, said: str) -> None:
    result = await interact(world, command(world, "add", a="275", b="9648"), locale=locale)

    assert said in alts(result.response)[0]
    assert await pictures(result.response)


async def test_subtractions_have_borrows(world: World) -> None:
    result = await world.alice.slash(world.channel, "subtract", a="1000", b="7")

    assert "Columns with a borrow, from the right: 1, 2, 3." in alts(result.response)[0]


# The drawing itself.


@pytest.fixture(scope="session")
def adder(weights: Path) -> Adder:
    return Adder.load(weights / "adder.safetensors")


def sum_of(adder: Adder, *numbers: str) -> tuple[AdditionRecord, StateMap]:
    found = adder.compute(*numbers)
    record = AdditionRecord.of(found, version="0")
    return record, adder.state_map(found)


def drawn(adder: Adder, *numbers: str, language: Language = Language.ENGLISH) -> Any:
    record, states = sum_of(adder, *numbers)
    with Image.open(io.BytesIO(draw_states(states, plot_words(record, states, language), None))) as picture:
        return picture.convert("RGB")


def share(picture: Any, colour: tuple[int, int, int]) -> int:
    return int(sum(count for count, found in picture.getcolors(1_000_000) if found == colour))


CARRY, NONE, TWO = (0xB2, 0x2D, 0x21), (0x2F, 0x5D, 0x8A), (0x6B, 0x4A, 0x8F)


def test_columns_with_and_without_a_carry_have_their_colours(adder: Adder) -> None:
    carried, not_carried = drawn(adder, "99999", "1"), drawn(adder, "12345", "1")

    assert share(carried, CARRY) > 2 * share(not_carried, CARRY)
    assert share(not_carried, NONE) > 2 * share(carried, NONE)
    assert share(carried, TWO) == 0


def test_a_carry_of_two_has_a_colour_of_its_own(weights: Path) -> None:
    picture = drawn(Adder.load(weights / "adder-3.safetensors"), "999", "999", "999")

    assert share(picture, TWO) > 500


@pytest.mark.parametrize("length", [1, MOST_WITH_DIGITS, MOST_WITH_DIGITS + 1, 1000])
def test_any_length_can_be_drawn_and_the_paper_is_light(adder: Adder, length: int) -> None:
    picture = drawn(adder, "9" * length, "0")

    assert picture.getpixel((2, 2)) == (0xFA, 0xF4, 0xE4)
    assert share(picture, NONE) > 200


def test_a_network_without_recurrence_is_drawn_as_well(tmp_path: Path) -> None:
    write_adder(tmp_path / "flat.safetensors", carries=False)

    assert drawn(Adder.load(tmp_path / "flat.safetensors"), "58", "67")


def test_columns_in_a_row_are_named_together() -> None:
    assert _ranges([0, 1, 2, 4, 6, 7]) == "1–3, 5, 7–8"


def test_long_sums_have_short_titles_and_alt_texts(adder: Adder) -> None:
    record, states = sum_of(adder, "9" * 4000, "1")
    words = plot_words(record, states, Language.ENGLISH)

    assert words.title == "The hidden state after each column (drawn: 300 of 4001)"
    for language in Language:
        assert len(alt_text(record, language)) <= 1024
    assert "4000 of 4001" in alt_text(record, Language.ENGLISH)
    assert "No column has a carry." in alt_text(sum_of(adder, "1", "2")[0], Language.ENGLISH)
    most, _ = sum_of(adder, "9" * MOST_NAMED, "1")
    assert f"{MOST_NAMED - 1}, {MOST_NAMED}." in alt_text(most, Language.ENGLISH)


class Written:
    """Draws nothing, and notes what would be written."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.titles: list[tuple[str, bool]] = []
        self.breaks = breaks

    def __call__(self, _states: StateMap, words: PlotWords, face: object) -> bytes:
        self.titles.append((words.direction, face is not None))
        if self.breaks and face is not None:
            raise OSError("gone")
        return b"picture"


async def test_chinese_is_written_in_a_chinese_typeface_and_english_stands_in_for_it(
    adder: Adder, tmp_path: Path
) -> None:
    record, states = sum_of(adder, "123", "456")
    characters = plot_words(record, states, Language.SIMPLIFIED).characters
    font = typeface(tmp_path / "kai.ttf", characters)
    for path, breaks, expected in (
        (font, False, [("最强的方向", True)]),
        (tmp_path / "none.ttf", False, [("strongest direction", False)]),
        (font, True, [("最强的方向", True), ("strongest direction", False)]),
    ):
        draw = Written(breaks=breaks)
        service = StatePictures(Fonts(str(path)), Studio(), draw, plot_words)
        assert await service.picture(record, states, Language.SIMPLIFIED) == b"picture"
        assert await service.picture(record, states, Language.SIMPLIFIED) == b"picture"
        assert draw.titles == expected


@pytest.mark.parametrize(("language", "charset"), [(Language.SIMPLIFIED, "gb2312"), (Language.TRADITIONAL, "big5")])
@pytest.mark.parametrize("weights_of", ["adder", "subtractor", "adder-3"])
def test_every_chinese_typeface_has_what_is_written(
    weights: Path, weights_of: str, language: Language, charset: str
) -> None:
    numbers = ("1000", "1", "1")[: 3 if weights_of == "adder-3" else 2]
    record, states = sum_of(Adder.load(weights / f"{weights_of}.safetensors"), *numbers)

    assert plot_words(record, states, language).characters.encode(charset)


def test_what_draws_is_loaded_in_the_bots_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    prepare(tmp_path)
    assert os.environ["MPLCONFIGDIR"] == str(tmp_path / "matplotlib")

    monkeypatch.setenv("MPLCONFIGDIR", "elsewhere")  # the owner's own choice
    prepare(tmp_path)
    assert os.environ["MPLCONFIGDIR"] == "elsewhere"


def test_what_cannot_be_loaded_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ImportError("no matplotlib")

    studio = Studio()
    thread = studio.prepare(fail)
    thread.join()

    assert "no matplotlib" in caplog.text
