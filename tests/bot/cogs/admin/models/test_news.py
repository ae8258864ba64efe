"""What the owner is told of a new version, and what is done with it."""

import sqlite3
from typing import Any

import pytest

from bot.services.corpus_refusals import NoFavorites
from bot.services.shelf import Known
from bot.store.jobs import Order
from bot.store.versions import VersionRepository
from tests.bot.cogs.admin.models.conftest import trained
from tests.bot.learned import asked, last, later, told
from tests.bot.owner import message, press
from tests.bot.support import buttons, interact, rows, text
from tests.bot.versions import BETTER, measured
from tests.conftest import World


async def test_the_owner_is_told_of_a_new_version_and_decides(owned: World) -> None:
    await trained(owned, 1)
    await later(owned)
    [card] = told(owned, owned.alice.id)

    assert "A new version: gru-1" in text(card)
    assert "You decide" in text(card)
    assert "8.000 → 8.100" in text(card)
    assert list(buttons(card)) == ["admin:version:use:gru-1", "admin:version:blind:gru-1"]
    await later(owned)
    assert len(told(owned, owned.alice.id)) == 1
    pressed = await interact(
        owned, press("admin:version:use:gru-1"), kind=3, message=message(owned, "admin:version:use:gru-1")
    )
    assert "written by **gru-1**" in text(last(owned, pressed))
    assert await owned.bot.versions.current() == "gru-1"


async def test_one_that_took_over_can_be_taken_back(owned: World) -> None:
    verdict = await trained(owned, 1, measured(BETTER))
    assert verdict.promoted
    await later(owned)
    [card] = told(owned, owned.alice.id)
    assert "took over by itself" in text(card)
    assert list(buttons(card)) == ["admin:version:rollback", "admin:version:blind:gru-1"]
    pressed = await interact(
        owned, press("admin:version:rollback"), kind=3, message=message(owned, "admin:version:rollback")
    )
    assert "written by **gru** again" in text(last(owned, pressed))


async def test_an_owner_who_takes_no_messages_finds_it_in_the_list(
    owned: World, caplog: pytest.LogCaptureFixture
) -> None:
    owned.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    await trained(owned, 1)
    await later(owned)

    assert "could not be told" in caplog.text
    assert await rows(owned.bot, "SELECT told_at IS NOT NULL FROM versions") == [(1,)]


async def test_while_discord_is_silent_it_is_tried_again(owned: World, caplog: pytest.LogCaptureFixture) -> None:
    owned.env.inject_error("POST", "/channels/*/messages", status=500)
    await trained(owned, 1)
    await later(owned)
    assert "could not be told" in caplog.text
    assert not told(owned, owned.alice.id)
    await later(owned)

    assert len(told(owned, owned.alice.id)) == 1


async def test_what_goes_wrong_on_the_way_ends_nothing(
    owned: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("locked")

    await trained(owned, 1)
    with monkeypatch.context() as patch:
        patch.setattr(VersionRepository, "untold", fail)
        patch.setattr(VersionRepository, "current", fail)
        await later(owned)
    assert "could not be told of versions" in caplog.text
    assert "Nobody knows which version is to be used" in caplog.text
    await later(owned)
    assert len(told(owned, owned.alice.id)) == 1
    cog: Any = owned.bot.get_cog("FollowingCog")
    await cog.on_ready()
    assert cog.follow.is_running()


async def test_the_owner_is_told_in_their_language(owned: World) -> None:
    verdict = await trained(owned, 1)
    version = await owned.bot.versions._repository.get(verdict.name)
    assert version is not None
    await owned.bot.people.choose(owned.alice.id, {"language": "zh-TW"}, version.made_at)
    await later(owned)

    assert "新版本：gru-1" in text(told(owned, owned.alice.id)[0])


async def test_taste_is_added_to_what_writes_already(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await trained(owned, 1, measured(BETTER))
    orders: list[Order] = []

    async def add(order: Order, *_: Any) -> int:
        orders.append(order)
        raise NoFavorites(count=0, fewest=8)

    monkeypatch.setattr(owned.bot.jobs, "add", add)
    monkeypatch.setattr(Known, "fits", lambda *_: True)  # the tiny networks were made by no recipe of ours
    for options in ({"corpus": "favorites"}, {"corpus": "favorites", "from": "gru"}, {"corpus": "tang"}):
        await asked(owned, "retrain", recipe="gru", **options)
    assert [(order.corpus, order.origin) for order in orders] == [
        ("favorites", "gru-1"),
        ("favorites", "gru"),
        ("tang", ""),
    ]
