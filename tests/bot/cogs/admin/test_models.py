"""/admin models as the owner uses it: the list, use, rollback, compare, delete, and what is told of a new version."""

import asyncio
import re
import sqlite3
import threading
from dataclasses import replace
from typing import Any

import discord
import pytest
from simcord import ResponseMessage

from bot.app import create_bot
from bot.config import Config
from bot.services.children import Bounds, Children
from bot.services.corpus_refusals import NoFavorites
from bot.services.refusals import NoNetwork
from bot.services.shelf import Known
from bot.services.versions import Verdict
from bot.store.comparisons import Choice
from bot.store.jobs import Asker, Order
from bot.store.versions import Loaded, VersionRepository
from bot.words import Language, say
from model import checkpoint
from model.header import fingerprint
from model.script import Script, convert, script_of
from tests.bot.learned import asked, last, later, told
from tests.bot.owner import admin, change, heard, message, owned_by_alice, press, said
from tests.bot.support import buttons, interact, rows, text
from tests.bot.versions import BETTER, WORSE, FakeChildren, measured, other_weights
from tests.conftest import World


@pytest.fixture
def owned(world: World) -> World:
    """Evaluation is answered at once: what a network is worth is for other tests."""
    children = FakeChildren(evaluate=measured(WORSE))
    world.bot.versions._judge._children = children
    corpus = world.bot.config.storage.dir / "corpora" / "chinese-poetry"
    corpus.mkdir(parents=True)
    (corpus / "poet.tang.0.json").write_text("[]")
    return owned_by_alice(world)


async def trained(world: World, job_id: int, answer: dict[str, Any] | None = None, *, factor: float = 1.1) -> Verdict:
    """A version that a job has made."""
    if answer is not None:
        world.bot.versions._judge._children.answers["evaluate"] = answer  # type: ignore[attr-defined]
    source = world.bot.config.model.dir / "gru.safetensors"
    path = other_weights(source, world.bot.config.storage.dir / f"{job_id}.safetensors", factor=factor)
    return await world.bot.versions.consider(path, job_id=job_id, recipe="gru", corpus="tang")


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
    assert await said(owned, "models delete", version="gru-1") == say(
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
    assert await said(owned, "models delete", version="gru-1") == needed
    # The button of a question that was asked before.
    pressed = await interact(
        owned, press("admin:version:delete:gru-1"), kind=3, message=message(owned, "admin:version:delete:gru-1")
    )
    assert heard(owned, pressed) == needed
    assert "gru-1" in await owned.bot.versions.names()


async def test_a_name_that_nobody_knows_is_shown_harmless(owned: World) -> None:
    for path in ("models use", "models delete", "models compare"):
        answer = text(await asked(owned, path, version="../../x @everyone **b**"))
        assert "There is no version" in answer
        assert "@everyone" not in answer


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


async def test_the_version_in_use_is_loaded_after_a_restart(owned: World, config: Config) -> None:
    await trained(owned, 1)
    await asked(owned, "models use", version="gru-1")
    new = fingerprint(await owned.bot.versions.path_of("gru-1"))
    await owned.bot.close()
    await owned.env.restart_bot(create_bot(config))

    assert await weights_of_a_poem(owned) == new


# Compared blind.


async def finished(world: World, card: ResponseMessage, places: list[str]) -> None:
    for place in places:
        [chosen] = [custom_id for custom_id in buttons(card) if custom_id.endswith(f":{place}")]
        await world.alice.click(card, custom_id=chosen)


async def test_two_versions_are_compared_blind_by_vote(owned: World) -> None:
    await trained(owned, 1)
    card = await asked(owned, "models compare", version="gru-1")
    assert "Which do you like better? (1 of 8)" in text(card)
    assert "gru" not in text(card)
    comparison = await owned.bot.comparing.get(1)
    assert {pair.swapped for pair in comparison.pairs} <= {True, False}
    for pair in comparison.pairs:
        shown = [re.sub(r"[>\s*①②]", "", part) for part in re.split("[①②]", text(card))[1:]]
        both = [pair.one.replace("\n", ""), pair.other.replace("\n", "")]
        assert shown == (both[::-1] if pair.swapped else both)
        # The poems of the first version, wherever they stand.
        await finished(owned, card, ["second" if pair.swapped else "first"])

    assert "That was the last pair" in text(card)
    assert "**gru-1**: 8 votes" in text(card)
    assert "**gru**: 0 votes" in text(card)
    assert "in 1 % of such comparisons" in text(card)
    assert list(buttons(card)) == ["admin:version:use:gru-1"]
    assert await rows(owned.bot, "SELECT DISTINCT person_id, choice FROM votes") == [(owned.alice.id, Choice.ONE)]


@pytest.mark.parametrize("wanted", list(Script))
async def test_networks_that_are_compared_cannot_be_told_by_their_scripts(owned: World, wanted: Script) -> None:
    # It writes traditional characters, and the other one simplified ones.
    source = owned.bot.config.model.dir / "gru.safetensors"
    header, tensors = checkpoint.load(source, "poem")
    path = owned.bot.config.storage.dir / "turned.safetensors"
    turned = header.model_copy(update={"characters": convert(header.characters, Script.HANT), "script": "hant"})
    checkpoint.save(path, tensors, turned)
    await owned.bot.versions.consider(path, job_id=1, recipe="gru", corpus="tang")
    await owned.bot.people.choose(owned.alice.id, {"script": wanted.value}, discord.utils.utcnow())

    await asked(owned, "models compare", version="gru-1")

    pairs = (await owned.bot.comparing.get(1)).pairs
    for texts in ([pair.one for pair in pairs], [pair.other for pair in pairs]):
        assert {script_of(text) for text in texts} - {None} == {wanted}


async def test_a_comparison_goes_on_where_it_was_left(owned: World) -> None:
    await trained(owned, 1)
    card = await asked(owned, "models compare", version="gru", **{"with": "gru-1"})
    await finished(owned, card, ["neither", "first"])
    again = await asked(owned, "models compare", version="gru", **{"with": "gru-1"})
    assert "(3 of 8)" in text(again)
    await finished(owned, again, ["neither"] * 6)
    assert "Neither: 7" in text(again)
    # The next one has other poems.
    assert "(1 of 8)" in text(await asked(owned, "models compare", version="gru", **{"with": "gru-1"}))
    assert await rows(owned.bot, "SELECT count(*) FROM comparisons") == [(2,)]


async def test_a_vote_is_cast_once(owned: World) -> None:
    await trained(owned, 1)
    card = await asked(owned, "models compare", version="gru-1")
    first = next(iter(buttons(card)))
    for custom_id in (first, first.replace("first", "second")):
        await interact(owned, press(custom_id), kind=3, message=message(owned, custom_id))
    assert await rows(owned.bot, "SELECT count(*) FROM votes") == [(1,)]


async def test_votes_on_nothing_are_declined(owned: World) -> None:
    await trained(owned, 1)
    await asked(owned, "models compare", version="gru-1")
    gone = say(Language.ENGLISH, "error.version.no_comparison")
    for custom_id in ("admin:vote:9:0:first", "admin:vote:1:99:first"):
        result = await interact(owned, press(custom_id), kind=3, message=message(owned, custom_id))
        assert heard(owned, result) == gone
    assert text(await asked(owned, "models compare", version="gru")).strip() == say(
        Language.ENGLISH, "error.version.same", name="gru"
    )


async def test_a_comparison_waits_for_what_is_being_loaded(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, and where nothing can be loaded."""
    await trained(owned, 1)
    monkeypatch.setattr(owned.bot.poet, "in_use", None)
    assert text(await asked(owned, "models compare", version="gru-1")).strip() == say(
        Language.ENGLISH, "error.no_network"
    )


async def test_the_votes_go_with_a_persons_data(owned: World) -> None:
    await trained(owned, 1)
    card = await asked(owned, "models compare", version="gru-1")
    await finished(owned, card, ["first"])
    now = discord.utils.utcnow()
    await owned.bot.privacy.delete(owned.alice.id, now, now)

    assert await rows(owned.bot, "SELECT * FROM votes") == []


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
