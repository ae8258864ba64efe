"""What is kept behind a reference id: enough to understand, no secret, and not too much."""

import sqlite3
from typing import Any, Never

import pytest

from bot.operations.faults import LONGEST_TRACE, trace_of
from bot.operations.logs import HIDDEN
from bot.store.faults import FaultRepository
from bot.store.poems import PoemRepository
from tests.bot.support import command, interact, rows
from tests.conftest import World


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(PoemRepository, "add", fail)


@pytest.mark.usefixtures("broken")
async def test_what_stands_behind_a_reference_is_kept(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="月")
    assert world.env.errors

    [(reference, request, person, guild, name, trace)] = await rows(
        world.bot, "SELECT reference, request_id, person_id, guild_id, command, trace FROM faults"
    )
    assert reference in result.followups[0].content
    assert (request, person, guild) == (result._interaction.id, world.alice.id, world.guild.id)
    assert name == "poem"
    assert trace.startswith("Traceback")
    assert trace.rstrip().endswith("sqlite3.OperationalError: database or disk is full")
    found = await world.bot.faults.get(reference)
    assert found is not None
    assert found[1] == {"start": "月"}


async def test_what_was_pressed_is_kept_by_its_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    card = (await world.alice.slash(world.channel, "poem", start="月")).response
    assert card is not None

    async def fail(*_: Any) -> Never:
        raise ZeroDivisionError

    monkeypatch.setattr(PoemRepository, "get", fail)
    await world.bob.click(card, custom_id="poem:1:another")

    assert await rows(world.bot, "SELECT command FROM faults") == [("poem:1:another",)]


async def test_what_is_expected_leaves_no_fault(world: World) -> None:
    await world.alice.slash(world.channel, "poem", start="moon")

    assert world.env.errors
    assert await rows(world.bot, "SELECT reference FROM faults") == []


@pytest.mark.usefixtures("broken")
async def test_a_fault_that_cannot_be_kept_is_logged_and_told_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(FaultRepository, "add", fail)
    result = await interact(world, command(world, "poem"))

    assert world.env.errors
    assert result.followups[0].ephemeral
    assert "could not be kept" in caplog.text
    [(outcome, reference)] = await rows(world.bot, "SELECT outcome, reference FROM requests")
    assert outcome == "error.store"
    assert reference in result.followups[0].content


def trace(text: str, secret: str | None = None) -> str:
    try:
        raise ValueError(text)
    except ValueError as error:
        return trace_of(error, secret)


@pytest.mark.parametrize(
    "token",
    [
        "MTAwMDAwMDAwMDAwMDAwMDAwMA.GabcDe.abcdefghijklmnopqrstuvwxyz0123456789AB",
        "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTp4eXo",
    ],
)
def test_what_looks_like_a_token_is_not_kept(token: str) -> None:
    found = trace(f"login with {token} failed")

    assert token not in found
    assert f"login with {HIDDEN} failed" in found


@pytest.mark.parametrize("place", ["webhooks/123/", "interactions/123/"])
def test_the_token_in_an_address_is_not_kept(place: str) -> None:
    found = trace(f"https://discord.com/api/v10/{place}short-token/callback")

    assert "short-token" not in found
    assert f"/{place}{HIDDEN}/callback" in found


def test_the_bots_own_token_is_not_kept_whatever_it_looks_like() -> None:
    assert "pass word" not in trace("it was pass word", "pass word")


def test_a_long_trace_is_cut_where_it_begins() -> None:
    found = trace("月" * 10_000 + "the end")

    assert len(found.encode()) <= LONGEST_TRACE
    assert found.rstrip().endswith("the end")


def test_an_error_with_half_a_character_can_be_kept() -> None:
    assert "\\udc80" in trace("\udc80")
