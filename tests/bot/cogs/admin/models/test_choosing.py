"""/admin models list, use, rollback and delete as the owner uses them."""

import asyncio
import re
import threading
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.app import create_bot
from bot.config import Config
from bot.services.children import Bounds, Children
from bot.services.refusals import NoNetwork
from bot.store.jobs import Asker, Order
from bot.store.versions import Loaded
from bot.words import Language, say
from model.header import fingerprint
from tests.bot.cogs.admin.models.conftest import trained
from tests.bot.learned import asked
from tests.bot.owner import admin, change, heard, message, press, said
from tests.bot.support import buttons, interact, rows, text
from tests.bot.versions import BETTER, measured
from tests.conftest import World


async def weights_of_a_poem(world: World) -> str:
    await world.alice.slash(world.channel, "poem", start="月")
    return str((await rows(world.bot, "SELECT weights FROM poems ORDER BY id DESC LIMIT 1"))[0][0])


async def test_the_list_says_where_from_how_good_and_where_in_use(owned: World) -> None:
    await trained(owned, 1)
    shown = await said(owned, "models list")

    assert "Versions: 2" in shown
    assert "**gru** · ✅ in use · came with the program · 0.0 MB" in shown
    assert "**gru-1** · gru · learnt from `tang` · 0.0 MB · <t:" in shown
    assert "It is not better by more than chance" in shown
    assert "held-out Tang poems (715): 8.000 → 8.100 (+1.2 %; difference +0.050 to +0.200)" in shown
    assert "Form, tones and rhyme kept: 200 of 200" in shown
    # What is in use stands first.
    assert shown.index("**gru**") < shown.index("**gru-1**")


async def test_the_longest_list_fits(owned: World) -> None:
    favorites = {f"favorites_{name}": value for name, value in (measured(BETTER)["versus"] | {"poems": 9}).items()}
    verdict = await trained(owned, 1)
    version = await owned.bot.versions._repository.get(verdict.name)
    assert version is not None
    for number in range(2, 12):
        longer = replace(
            version,
            name=f"lstm-rmsprop-{10**9 + number}",
            job_id=number,
            figures={**version.figures, **favorites},
            verdict="favorites_better",
        )
        await owned.bot.versions._repository.add(longer)
        owned.bot.versions._shelf.take(await owned.bot.versions.path_of("gru"), longer.name)
    for locale in ("en-US", "zh-CN"):
        await owned.bot.people.choose(owned.alice.id, {"language": Language.known(locale)}, version.made_at)
        card = (await admin(owned, "models list")).response
        assert len(text(card)) < 4000
        assert "admin:list:models:1" in buttons(card)
    assert card is not None
    await owned.alice.click(card, custom_id="admin:list:models:1")
    assert "lstm-rmsprop" in text(card)


async def test_another_version_writes_from_now_on_and_back(owned: World) -> None:
    await trained(owned, 1)
    old, new = [fingerprint(await owned.bot.versions.path_of(name)) for name in ("gru", "gru-1")]
    assert await weights_of_a_poem(owned) == old
    offered = await owned.alice.autocomplete(owned.channel, "admin models use", "version", "-1")
    assert [choice["value"] for choice in offered] == ["gru-1"]
    assert "written by **gru-1** from now on" in text(await asked(owned, "models use", version="gru-1"))
    assert await weights_of_a_poem(owned) == new
    assert "written by **gru** again" in text(await asked(owned, "models rollback"))
    assert await weights_of_a_poem(owned) == old
    assert text(await asked(owned, "models rollback")).strip() == say(Language.ENGLISH, "error.version.nothing_before")


async def test_what_another_process_chose_is_followed(owned: World) -> None:
    await trained(owned, 1)
    path = await owned.bot.versions.path_of("gru-1")
    await change(owned, "INSERT INTO version_uses (name, reason, begun_at) VALUES ('gru-1', 'owner', 0)")
    await owned.env.advance_time(5.0)

    assert await weights_of_a_poem(owned) == fingerprint(path)


async def test_a_version_that_fails_leaves_the_old_one_and_says_so(
    owned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trained(owned, 1)
    old = await weights_of_a_poem(owned)

    async def fail(_: Any) -> None:
        raise NoNetwork("out of memory")

    monkeypatch.setattr(owned.bot.poet, "swap", fail)
    refusal = say(Language.ENGLISH, "error.version.cannot_use", name="gru-1")
    assert text(await asked(owned, "models use", version="gru-1")).strip() == refusal
    assert await weights_of_a_poem(owned) == old
    # Chosen by another process, it is shown in the list.
    await change(owned, "INSERT INTO version_uses (name, reason, begun_at) VALUES ('gru-1', 'owner', 0)")
    await owned.env.advance_time(5.0)
    assert "Should use **gru-1** and cannot; uses **gru**" in await said(owned, "models list")
    assert await weights_of_a_poem(owned) == old


async def test_processes_that_use_something_else_are_named(owned: World) -> None:
    await trained(owned, 1)
    version = await owned.bot.versions._repository.get("gru-1")
    assert version is not None
    for process, name in (("0 of 3", "gru-1"), ("1 of 3", "gru-1")):
        await owned.bot.versions._repository.note(Loaded(process, name, None), version.made_at)

    assert "**gru-1** · ✅ in use by `0 of 3`, `1 of 3`" in await said(owned, "models list")
    assert text(await asked(owned, "models delete", version="gru-1")).strip() == say(
        Language.ENGLISH, "error.version.in_use", name="gru-1"
    )


async def test_deleting_is_asked_first(owned: World) -> None:
    await trained(owned, 1)
    card = (await admin(owned, "models delete", version="gru-1")).response
    assert card is not None
    assert "Delete **gru-1**?" in text(card)
    assert "gru-1" in await owned.bot.versions.names()
    await owned.alice.click(card, custom_id="admin:version:delete:gru-1")

    assert "**gru-1** is deleted" in text(card)
    assert await owned.bot.versions.names() == ["gru"]
    for path in ("models delete", "models use", "models compare"):
        answer = text(await asked(owned, path, version="gru-1")).strip()
        assert answer == say(Language.ENGLISH, "error.version.unknown", name="gru-1")
    shipped = say(Language.ENGLISH, "error.version.shipped", name="gru")
    assert text(await asked(owned, "models delete", version="gru")).strip() == shipped
    pressed = await interact(
        owned, press("admin:version:delete:gru"), kind=3, message=message(owned, "admin:version:delete:gru")
    )
    assert heard(owned, pressed) == shipped


async def test_a_version_that_a_job_goes_on_from_stays(owned: World) -> None:
    await trained(owned, 1)
    order = Order("retrain", "gru", "tang", 1, origin="gru-1")
    await owned.bot.jobs.store.add(order, Asker(owned.alice.id, "en"), discord.utils.utcnow())
    needed = say(Language.ENGLISH, "error.version.needed", name="gru-1")
    assert text(await asked(owned, "models delete", version="gru-1")).strip() == needed
    # The button of a question that was asked before.
    pressed = await interact(
        owned, press("admin:version:delete:gru-1"), kind=3, message=message(owned, "admin:version:delete:gru-1")
    )
    assert heard(owned, pressed) == needed
    assert "gru-1" in await owned.bot.versions.names()


async def test_all_is_answered_before_the_weights_in_use_are_known(
    owned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start they are loaded first, and Discord waits for three seconds."""
    await trained(owned, 1)
    before: list[str] = []

    async def ready() -> None:
        before.append(owned.env.http_requests[-1].path)

    monkeypatch.setattr(owned.bot.poet, "ready", ready)
    for path, options in (
        ("list", {}),
        ("delete", {"version": "gru-1"}),
        ("rollback", {}),
        ("compare", {"version": "gru-1"}),
    ):
        before.clear()
        await asked(owned, f"models {path}", **options)
        assert all(request.endswith("/callback") for request in before), path


async def test_a_name_that_nobody_knows_is_shown_harmless(owned: World) -> None:
    for path in ("models use", "models delete", "models compare"):
        answer = text(await asked(owned, path, version="../../x @everyone **b**"))
        assert "There is no version" in answer
        assert "@everyone" not in answer


async def test_the_version_in_use_is_loaded_after_a_restart(owned: World, config: Config) -> None:
    await trained(owned, 1)
    await asked(owned, "models use", version="gru-1")
    new = fingerprint(await owned.bot.versions.path_of("gru-1"))
    await owned.bot.close()
    await owned.env.restart_bot(create_bot(config))

    assert await weights_of_a_poem(owned) == new


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_all_of_it_speaks_chinese(owned: World, locale: str) -> None:
    verdict = await trained(owned, 1)
    version = await owned.bot.versions._repository.get(verdict.name)
    assert version is not None
    await owned.bot.people.choose(owned.alice.id, {"language": locale}, version.made_at)
    for path, options in (
        ("models list", {}),
        ("models use", {"version": "gru-1"}),
        ("models rollback", {}),
        ("models compare", {"version": "gru-1"}),
        ("models delete", {"version": "gru-1"}),
        ("corpus list", {}),
        ("corpus stats", {"corpus": "favorites"}),
    ):
        answer = text(await asked(owned, path, **options))
        without = re.sub(r"`[^`]*`|<t:[^>]*>|gru(-1)?|favorites|chinese-poetry|MB|MiB", "", answer)
        assert not re.search("[A-Za-z]{4,}", without), (path, answer)


async def test_commands_are_answered_while_a_network_is_measured(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def measure(_: Children, command: list[str], __: Bounds) -> dict[str, Any]:
        gate.wait(60)
        return {"poems": 3} if "listed" in command else measured(BETTER)

    monkeypatch.setattr(Children, "_run", measure)
    owned.bot.versions._judge._children = Children()
    job = asyncio.create_task(trained(owned, 1))
    try:
        assert "Versions: 1" in await said(owned, "models list")
        assert not job.done()
    finally:
        gate.set()
    assert (await job).reason == "no_poems"
