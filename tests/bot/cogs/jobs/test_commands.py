"""Trainings from Discord: what can be pressed and typed."""

import asyncio
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.services.favorite_corpus import FAVORITES
from bot.store.jobs import Asker, End, Order, State
from bot.words import Language, say
from tests.bot.cogs.jobs.conftest import ENGLISH, until_closed
from tests.bot.learned import asked
from tests.bot.owner import admin, heard, said
from tests.bot.support import buttons, command, components, interact, rows, text
from tests.bot.training import CORPUS, RECIPE, live_message, retrain, until
from tests.conftest import World, write_adder


async def test_the_list(owned: World, how: dict[str, str]) -> None:
    assert say(ENGLISH, "jobs.none") in await said(owned, "jobs status")
    await retrain(owned)
    await until_closed(owned)
    await admin(owned, "adder")
    assert "Waits; jobs before it: 1" in text(live_message(owned))
    listed = await said(owned, "jobs status")
    assert f"Job 2: learning to add · {say(ENGLISH, 'jobs.state.behind', count=1)} · " in listed
    assert listed.index("Job 2: learning to add") < listed.index("Job 1: simple-rnn on small")
    assert await said(owned, "jobs cancel", job=2) == say(ENGLISH, "jobs.now.stopped", job=2)
    assert await said(owned, "jobs cancel", job=2) == say(ENGLISH, "error.jobs.not_now", job=2)
    assert await said(owned, "jobs resume", job=2) == say(ENGLISH, "jobs.now.queued", job=2)
    for words in ("status", "cancel", "resume", "log"):
        assert await said(owned, f"jobs {words}", job=9) == say(ENGLISH, "error.jobs.unknown", job=9)


async def test_the_token_is_in_no_file(owned: World, how: dict[str, str]) -> None:
    token = owned.bot.http.token
    assert token
    assert owned.bot.jobs.secret == token
    await owned.bot.jobs.add(Order("adder", "adder-live", "", 1), Asker(owned.alice.id, "en"), discord.utils.utcnow())
    folder = owned.bot.jobs.folder(1)
    empty = await admin(owned, "jobs log", job=1)
    assert empty.response is not None
    folder.folder.mkdir(parents=True, exist_ok=True)
    folder.output.write_text(f"x {token} y\n", encoding="utf-8")
    log = await admin(owned, "jobs log", job=1)
    assert log.response is not None
    content = (owned.env.backend.cdn.get(log.response.attachments[0].url) or b"").decode()
    assert token not in content
    assert content.startswith("x ")


async def test_an_adder_can_be_tried_while_it_learns(owned: World, how: dict[str, str]) -> None:
    await admin(owned, "adder")

    async def holds() -> bool:
        return "admin:job:1:try" in buttons(live_message(owned))

    await until(owned, holds)
    shown = live_message(owned)
    assert "Right digits: 100.0% without a carry, 97.0% with one · right sums: 90.0%" in text(shown)
    assert "It found the carry by step 2." in text(shown)
    opened = await owned.alice.click(shown, custom_id="admin:job:1:try")
    nothing = await owned.alice.submit_modal(opened, {"a": "123", "b": "456"})
    assert heard(owned, nothing) == say(ENGLISH, "error.jobs.nothing_to_try")
    weights: Path = owned.bot.jobs.folder(1).weights
    write_adder(weights)
    right = await owned.alice.submit_modal(
        await owned.alice.click(shown, custom_id="admin:job:1:try"), {"a": "一百二十三", "b": "456"}
    )
    assert "123 + 456 = 579" in text(right.response)
    assert "as it was at step 0" in text(right.response)
    write_adder(weights, carries=False)
    wrong = await owned.alice.submit_modal(
        await owned.alice.click(shown, custom_id="admin:job:1:try"), {"a": "999", "b": "1"}
    )
    assert "999 + 1 = 990" in text(wrong.response)
    long = await owned.alice.submit_modal(
        await owned.alice.click(shown, custom_id="admin:job:1:try"), {"a": "九千九百九十九万九千九百九十九亿", "b": "x"}
    )
    assert "as a whole number" in heard(owned, long)
    await asyncio.to_thread(weights.write_bytes, b"not weights")
    broken = await owned.alice.submit_modal(
        await owned.alice.click(shown, custom_id="admin:job:1:try"), {"a": "1", "b": "2"}
    )
    assert [told.content for told in broken.followups] == [say(ENGLISH, "error.no_network")]
    assert owned.env.errors


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"recipe": "nothing"}, "error.jobs.recipe"),
        ({"recipe": "adder"}, "error.jobs.recipe"),
        ({"recipe": RECIPE, "corpus": "nothing"}, "error.corpus.unknown"),
        ({"recipe": RECIPE, "corpus": CORPUS, "from": "nothing"}, "error.version.unknown"),
    ],
)
async def test_what_is_not_there_is_declined(owned: World, options: dict[str, str], key: str) -> None:
    owned.bot.jobs._versions = owned.bot.versions
    answer = await said(owned, "retrain", **options)
    assert answer == say(ENGLISH, key, recipe=options["recipe"], name="nothing")
    assert await rows(owned.bot, "SELECT * FROM jobs") == []


@pytest.mark.parametrize(
    "options", [{"recipe": RECIPE, "corpus": CORPUS, "from": "gru"}, {"recipe": RECIPE, "corpus": FAVORITES}]
)
async def test_weights_that_the_recipe_does_not_fit_are_declined_at_once(owned: World, options: dict[str, str]) -> None:
    owned.bot.jobs._versions = owned.bot.versions
    answer = text(await asked(owned, "retrain", **options)).strip()
    assert answer == say(ENGLISH, "error.jobs.does_not_fit", recipe=RECIPE, origin="gru", own="tiny")
    assert await rows(owned.bot, "SELECT * FROM jobs") == []


async def test_it_is_answered_before_the_weights_in_use_are_known(
    owned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start they are loaded first, and Discord waits for three seconds."""
    before: list[str] = []

    async def ready() -> None:
        before.append(owned.env.http_requests[-1].path)

    monkeypatch.setattr(owned.bot.poet, "ready", ready)
    await asked(owned, "retrain", recipe=RECIPE, corpus=FAVORITES)
    assert before[0].endswith("/callback")


async def test_what_is_offered(owned: World) -> None:
    async def offered(path: str, option: str, typed: str, **filled: Any) -> list[Any]:
        choices = await owned.alice.autocomplete(owned.channel, f"admin {path}", option, typed, **filled)
        return [choice["value"] for choice in choices]

    assert await offered("retrain", "recipe", "LSTM-F") == ["lstm-fast"]
    assert "adder" not in await offered("retrain", "recipe", "")
    assert CORPUS in await offered("retrain", "corpus", "sma", recipe=RECIPE)
    assert await offered("retrain", "from", "", recipe=RECIPE)
    assert await offered("retrain", "epochs", "7", recipe="lstm") == [7, 30, 15, 8, 60]
    assert await offered("retrain", "epochs", "7", recipe="nothing") == [7]


async def test_going_on_is_offered_where_it_can_help(owned: World) -> None:
    reasons = {
        **dict.fromkeys(("corpus", "disk", "memory", "fault", "unexpected", "judging"), True),
        **dict.fromkeys(("recipe", "weights", "training", "no_number"), False),
    }
    store, now, helped = owned.bot.jobs.store, discord.utils.utcnow(), []
    for reason, helps in reasons.items():
        job_id = await store.add(Order("retrain", RECIPE, CORPUS, 1), Asker(owned.alice.id, "en"), now)
        assert await store.move(job_id, State.FAILED, now, End(reason))
        shown = (await admin(owned, "jobs status", job=job_id)).response
        assert say(ENGLISH, f"jobs.reason.{reason}").casefold() in text(shown).casefold()
        assert list(buttons(shown)) == [f"admin:job:{job_id}:resume"] * helps
        helped += [job_id] * helps
    choices = await owned.alice.autocomplete(owned.channel, "admin jobs resume", "job", "")
    assert sorted(choice["value"] for choice in choices) == helped
    # A corpus of the same name may be another one by now: whoever asks for it by its number gets it.
    assert await said(owned, "jobs resume", job=9) == say(ENGLISH, "jobs.now.queued", job=9)


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_it_speaks_the_askers_language(owned: World, how: dict[str, str], locale: str) -> None:
    payload = command(owned, "admin")
    payload["options"] = [{"name": "adder", "type": 1, "options": []}]
    result = await interact(owned, payload, locale=locale)
    language = Language(locale)
    assert text(result.response).strip() == say(language, "jobs.queued", job=1)
    assert say(language, "jobs.title.adder", job=1) in text(live_message(owned))
    labels = [part["label"] for part in components(live_message(owned)) if part["type"] == 2]
    assert labels == [say(language, "jobs.press.cancel")]
