"""`/add` and its pages, as a person sees them."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.app import create_bot
from bot.config import Config
from bot.services.adder import AdderService
from bot.services.queue import Room
from bot.ui.addition import FILE_NAME, PAGE_COLUMNS
from model.addition.certificate import certificate_of
from model.addition.certify import certify
from tests.bot.support import buttons, colour, command, interact, rows, text
from tests.conftest import World, write_adder


async def attached(world: World, message: Any) -> str:
    [file] = message.attachments
    assert file.filename == FILE_NAME
    content: bytes = await file.read()
    return content.decode()


async def test_the_network_adds_and_shows_its_columns(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="275", b="9648")

    assert result.response is not None
    assert not result.response.ephemeral
    shown = text(result.response)
    assert "275 + 9648 = 9923" in shown
    assert "the true sum is 9923" in shown
    block = shown.split("```")[1].strip("\n").split("\n")
    assert block[0] == "   0  1  1     carry"
    assert block[1] == "      2  7  5"
    assert block[2] == "+  9  6  4  8"
    assert block[4] == "   9  9  2  3  sum"
    assert block[5].endswith("% sure")
    assert re.fullmatch(r" (  [0-9]| [0-9]{2}){4}  lead", block[6])
    assert list(buttons(result.response)) == ["addition:1:states:1"]
    [(person, total, digits, carries)] = await rows(world.bot, "SELECT person_id, sum, digits, carries FROM additions")
    assert (person, total, digits, carries) == (world.alice.id, "9923", "32990", "11000")


async def test_an_overflow_has_its_column(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="999", b="1")

    block = text(result.response).split("```")[1].strip("\n").split("\n")
    assert block[0] == "   1  1  1     carry"
    assert block[4] == "   1  0  0  0  sum"


async def test_a_column_that_nobody_writes_is_not_counted(world: World) -> None:
    """The network reads one column more than the numbers have, for the last carry; its zero stands nowhere."""
    result = await world.alice.slash(world.channel, "add", a="0", b="0")

    shown = text(result.response)
    assert "Columns that carry: 0 of 1" in shown
    assert "Least sure of column 1 from the right" in shown


async def test_carries_stand_in_the_file_as_the_sum_does(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="1" * 39 + "9", b="1")

    content = await attached(world, result.response)
    assert content.rstrip().endswith("\n" + "0" * 39 + "1")
    assert "Columns that carry: 1 of 40" in text(result.response)


def another_adder(world: World, path: Path) -> AdderService:
    return AdderService(world.bot.adder._worker, adder=str(path), folder=path.parent, room=Room(1, 1))


async def test_a_wrong_sum_is_called_wrong(world: World, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config.storage.dir / "forgetful.safetensors"
    write_adder(path, carries=False)
    monkeypatch.setattr(world.bot, "adder", another_adder(world, path))
    right = await world.alice.slash(world.channel, "add", a="123", b="456")
    wrong = await world.alice.slash(world.channel, "add", a="58", b="67")

    assert "58 + 67 = 15" in text(wrong.response)
    assert "wrong: the true sum is 125" in text(wrong.response)
    assert colour(right.response) != colour(wrong.response)


@pytest.mark.parametrize(
    ("a", "said"),
    [
        ("", "is missing"),
        ("-5", "from zero up"),
        ("1.5", "decimal"),
        ("1 000", "without spaces or marks"),
        ("1,000", "without spaces or marks"),
        ("moon", "as a whole number: moon"),
        ("٣", "as a whole number"),
        ("1.23456万", "decimal"),
        ("负百", "from zero up"),
        ("3 万", "without spaces or marks"),
        ("一兆", "as a whole number: 一兆"),
        ("@everyone", "@\N{ZERO WIDTH SPACE}everyone"),
        ("`x` **y**", "\\`x\\` \\*\\*y\\*\\*"),
        ("x" * 6000, "x" * 24 + "…"),
    ],
)
async def test_what_is_no_number_is_answered_privately(world: World, a: str, said: str) -> None:
    result = await world.alice.slash(world.channel, "add", a=a, b="1")

    assert result.response is not None
    assert result.response.ephemeral
    assert said in result.response.content
    assert world.env.errors
    [(outcome,)] = await rows(world.bot, "SELECT outcome FROM requests")
    assert outcome.startswith("error.number.")


async def test_full_width_digits_and_leading_zeros_are_taken(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="１２３", b="007")

    assert "123 + 007 = 130" in text(result.response)


@pytest.mark.parametrize(
    ("a", "said"),
    [
        ("百", "100 + 2000 = 2100"),
        ("百二十", "120 + 2000 = 2120"),
        ("3万", "30000 + 2000 = 32000"),
        ("〇", "0 + 2000 = 2000"),
        ("壹佰贰拾叁", "123 + 2000 = 2123"),
    ],
)
async def test_numerals_are_added_as_people_write_them(world: World, a: str, said: str) -> None:
    result = await world.alice.slash(world.channel, "add", a=a, b="两千")

    assert said in text(result.response)


async def test_long_numbers_come_in_pages_with_a_file(world: World) -> None:
    a, b = "9" * 6000, "1"
    first = await world.alice.slash(world.channel, "add", a=a, b=b)

    pages = -(-6001 // PAGE_COLUMNS)
    assert f"Page 1 of {pages}" in text(first.response)
    assert "10000000…00000000 (6001 digits)" in text(first.response)
    content = await attached(world, first.response)
    assert f"\n{a}\n{b}\n" in content
    assert content.count("1" + "0" * 6000) == 2

    [back, on, last] = [
        next(key for key in buttons(first.response) if arrow in key) for arrow in (":back:", ":on:", ":last:")
    ]
    assert buttons(first.response)[back]["disabled"]
    assert first.response is not None
    await world.bob.click(first.response, custom_id=on)
    assert f"Page 2 of {pages}" in text(first.response)
    await world.bob.click(first.response, custom_id=last)
    assert f"Page {pages} of {pages}" in text(first.response)
    assert buttons(first.response)[f"addition:1:last:{pages}"]["disabled"]
    assert (await attached(world, first.response)) == content


async def test_pages_can_be_turned_after_a_restart_and_in_another_language(world: World, config: Config) -> None:
    first = await world.alice.slash(world.channel, "add", a="5" * 100, b="6" * 99)
    assert first.response is not None
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    await world.alice.click(first.response, custom_id="addition:1:on:2")

    assert "Page 2 of 4" in text(first.response)


async def test_forged_pages_are_harmless(world: World) -> None:
    first = await world.alice.slash(world.channel, "add", a="5" * 100, b="6" * 99)
    assert first.response is not None
    message = first.response
    for row in world.env.backend.messages[world.channel.id][message.id].components[0]["components"]:
        for button in row.get("components", []):
            button["custom_id"] = f"addition:1:on:{999}" if ":on:" in button["custom_id"] else button["custom_id"]

    await world.alice.click(message, custom_id="addition:1:on:999")

    assert "Page 4 of 4" in text(message)


async def test_the_page_of_a_forgotten_addition_says_so(world: World) -> None:
    first = await world.alice.slash(world.channel, "add", a="5" * 100, b="1")
    assert first.response is not None
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM additions")

    second = await world.alice.click(first.response, custom_id="addition:1:on:2")

    assert second.response is not None
    assert second.response.ephemeral
    assert "no longer have" in second.response.content


async def test_missing_weights_are_said_clearly(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(world.bot, "adder", another_adder(world, config.storage.dir / "none.safetensors"))
    result = await world.alice.slash(world.channel, "add", a="1", b="1")

    [told] = result.followups
    assert told.ephemeral
    assert "network is not there" in told.content
    assert "none.safetensors" in caplog.text
    assert world.env.errors


async def test_too_many_sums_at_once_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.bot.adder._sums.queue, "_most", 0)
    result = await world.alice.slash(world.channel, "add", a="1", b="1")

    assert result.response is not None
    assert result.response.ephemeral
    assert "Too many people" in result.response.content
    assert world.env.errors


async def test_the_network_subtracts_and_shows_what_it_borrows(world: World) -> None:
    result = await world.alice.slash(world.channel, "subtract", a="1000", b="7")

    shown = text(result.response)
    assert "1000 − 7 = 993" in shown
    assert "the true difference is 993" in shown
    block = shown.split("```")[1].strip("\n").split("\n")
    assert block[0] == "   1  1  1     borrow"
    assert block[2] == "-           7"
    assert block[4] == "      9  9  3  difference"
    assert "Columns that borrow: 3 of 4" in shown
    assert await rows(world.bot, "SELECT operation, sum FROM additions") == [("subtract", "993")]


async def test_nothing_goes_below_zero(world: World) -> None:
    result = await world.alice.slash(world.channel, "subtract", a="7", b="1000")

    assert result.response is not None
    assert result.response.ephemeral
    assert "below zero" in result.response.content
    assert world.env.errors
    assert await rows(world.bot, "SELECT * FROM additions") == []


async def test_three_numbers_are_added_with_carries_up_to_two(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="999", b="999", c="999")

    shown = text(result.response)
    assert "999 + 999 + 999 = 2997" in shown
    block = shown.split("```")[1].strip("\n").split("\n")
    assert block[0] == "   2  2  2     carry"
    assert [line[0] for line in block[1:4]] == [" ", " ", "+"]
    [(operands, carries)] = await rows(world.bot, "SELECT operands, carries FROM additions")
    assert (operands, carries) == ('["999", "999", "999"]', "2220")


async def test_a_third_number_is_read_as_carefully(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="1", b="2", c="moon")

    assert result.response is not None
    assert result.response.ephemeral
    assert "as a whole number: moon" in result.response.content
    assert world.env.errors


async def test_weights_without_a_certificate_say_so(world: World) -> None:
    result = await world.alice.slash(world.channel, "add", a="1", b="2")

    assert "no certificate of exactness" in text(result.response)
    assert "Proven exact" not in text(result.response)


async def test_a_certificate_is_told(world: World, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config.storage.dir / "proven.safetensors"
    write_adder(path)
    certify(path)
    monkeypatch.setattr(world.bot, "adder", another_adder(world, path))
    result = await world.alice.slash(world.channel, "add", a="9" * 50, b="1")

    assert "Proven exact" in text(result.response)
    [on] = [key for key in buttons(result.response) if ":on:" in key]
    assert result.response is not None
    await world.bob.click(result.response, custom_id=on)
    assert "Proven exact" in text(result.response)


async def test_a_certificate_of_other_weights_is_refused_loudly(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other, path = config.storage.dir / "other.safetensors", config.storage.dir / "foreign.safetensors"
    write_adder(other)
    certify(other)
    write_adder(path, carries=False)
    shutil.copy(certificate_of(other), certificate_of(path))
    monkeypatch.setattr(world.bot, "adder", another_adder(world, path))
    result = await world.alice.slash(world.channel, "add", a="1", b="2")

    assert "1 + 2 = 3" in text(result.response)
    assert "does not hold and was refused" in text(result.response)
    assert "A certificate is refused" in caplog.text


async def test_weights_for_another_operation_are_refused(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config.storage.dir / "subtractor.safetensors"
    write_adder(path, "subtract")
    monkeypatch.setattr(world.bot, "adder", another_adder(world, path))
    result = await world.alice.slash(world.channel, "add", a="1", b="2")

    [told] = result.followups
    assert told.ephemeral
    assert "network is not there" in told.content
    assert world.env.errors


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "网络算对了"), ("zh-TW", "網路算對了"), ("fr", "is right")])
async def test_it_speaks_the_persons_language(world: World, locale: str, said: str) -> None:
    result = await interact(world, command(world, "add", a="123", b="456"), locale=locale)

    assert said in text(result.response)
