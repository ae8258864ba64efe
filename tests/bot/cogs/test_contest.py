"""`/compare`: three networks write from one start, and people vote without knowing whose poem is whose."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

import discord
import pytest
from simcord import InteractionResult, ResponseMessage

from bot.app import create_bot
from bot.config import Config
from bot.services.contests import Attempt, ContestService, in_blind_order, wish_for_all
from bot.services.moderation import WordList
from bot.services.queue import Room
from bot.services.refusals import ShuttingDown
from bot.store.contests import ContestRecord, Entry
from bot.ui.contest import ContestCard
from bot.words import Language
from model.forms import Form
from model.insight.facts import measured
from model.recipes import Cell
from model.requests import Poem, PoemRequest
from tests.bot.keeping import press as press_together
from tests.bot.support import buttons, command, interact, refusal, rows, text
from tests.bot.ui.test_cards import check, texts_of
from tests.conftest import World

FIRST, SECOND, THIRD, COUNT = (f"contest:1:{part}" for part in ("0", "1", "2", "votes"))


async def contest(world: World, start: str = "月") -> ResponseMessage:
    result = await world.alice.slash(world.channel, "compare", start=start)
    assert result.response is not None
    return result.response


async def entries(world: World) -> list[Mapping[str, Any]]:
    [(found,)] = await rows(world.bot, "SELECT entries FROM contests")
    listed: list[Mapping[str, Any]] = json.loads(found)
    return listed


def told(result: InteractionResult) -> str:
    [message] = result.followups
    assert message.ephemeral
    return message.content


async def test_three_networks_write_from_the_same_start(world: World) -> None:
    card = await contest(world)
    written = await entries(world)

    assert not card.ephemeral
    assert sorted(entry["cell"] for entry in written) == ["gru", "lstm", "rnn"]
    shown = text(card)
    for label, entry in zip("ABC", written, strict=True):
        assert f"**{label}**\n{entry['text']}" in shown
        lines = [line for line in re.split("[，。\n]+", entry["text"]) if line]
        assert [len(line) for line in lines] == [7] * 4
        assert lines[0].startswith("月")
    for cell in ("RNN", "GRU", "LSTM"):
        [entry] = [entry for entry in written if entry["cell"] == cell.lower()]
        assert f"{cell} {entry['perplexity']:.1f}" in shown
    assert list(buttons(card)) == [FIRST, SECOND, THIRD, COUNT]
    assert buttons(card)[COUNT]["disabled"]


async def test_the_card_does_not_tell_whose_poem_is_whose(world: World) -> None:
    poems = text(await contest(world)).split("-# ")[0]

    assert not any(name in poems for name in ("RNN", "GRU", "LSTM"))


def test_poems_stand_in_any_order() -> None:
    """Were it always the same, whoever voted once would know all others."""
    nothing = cast("Poem", None)
    attempts = [Attempt(cell, nothing, size=1, perplexity=1.0) for cell in get_args(Cell)]
    orders = {tuple(attempt.cell for attempt in in_blind_order(attempts)) for _ in range(300)}

    assert len(orders) == 6


async def test_who_votes_is_told_and_the_card_counts(world: World) -> None:
    card = await contest(world)
    written = await entries(world)
    result = await world.bob.click(card, custom_id=SECOND)

    cell = written[1]["cell"].upper()
    said = told(result)
    assert said.startswith(f"Your vote: **B**. It was written by the **{cell}**.")
    for label, entry in zip("ABC", written, strict=True):
        assert f"{label}: **{entry['cell'].upper()}**, weights: {entry['size']:,}" in said
    assert re.search(rf"Votes here: .*{cell} 1", said)
    assert buttons(card)[COUNT]["label"] == "1"
    assert "RNN" not in text(card).split("-# ")[0]  # for all others it stays blind
    assert await rows(world.bot, "SELECT contest_id, person_id, cell FROM ballots") == [
        (1, world.bob.id, written[1]["cell"])
    ]


async def test_a_vote_can_be_changed_and_counts_once(world: World) -> None:
    card = await contest(world)
    written = await entries(world)
    await world.bob.click(card, custom_id=FIRST)
    result = await world.bob.click(card, custom_id=THIRD)
    await world.alice.click(card, custom_id=THIRD)

    first, last = written[0]["cell"], written[2]["cell"]
    said = told(result)
    assert said.startswith(f"Your vote is now **C**, by the **{last.upper()}**.")
    here, everywhere = re.findall("(?:Votes here|without knowing): (.*)", said)
    assert (f"{last.upper()} 1" in here, f"{first.upper()} 0" in here) == (True, True)
    assert (f"{last.upper()} 0" in everywhere, f"{first.upper()} 1" in everywhere) == (True, True)
    assert buttons(card)[COUNT]["label"] == "2"
    assert await rows(world.bot, "SELECT cell, count(*) FROM ballots GROUP BY cell") == [(last, 2)]
    counts = await rows(world.bot, "SELECT name, value FROM counts WHERE name LIKE 'ballots %' AND value ORDER BY name")
    assert counts == sorted([(f"ballots {first}", 1), (f"ballots {last}", 1)])


async def test_votes_are_taken_after_a_restart(world: World, config: Config) -> None:
    card = await contest(world)
    await world.bob.click(card, custom_id=FIRST)
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))
    await world.alice.click(card, custom_id=SECOND)

    assert buttons(card)[COUNT]["label"] == "2"


async def test_people_who_vote_together_are_all_counted(world: World) -> None:
    card = await contest(world)
    people = [world.alice.id, world.bob.id, *(world.guild.add_member(world.env.create_user(n)).id for n in "cd")]
    await press_together(world, card, SECOND, people)

    assert await rows(world.bot, "SELECT count(*) FROM ballots") == [(4,)]
    assert buttons(card)[COUNT]["label"] == "4"


async def test_where_the_card_is_gone_the_vote_counts_all_the_same(world: World) -> None:
    card = await contest(world)
    world.env.inject_error("POST", "/interactions/*", status=404, code=10008)
    result = await world.bob.click(card, custom_id=FIRST)

    assert "Your vote: **A**" in refusal(result)
    assert await rows(world.bot, "SELECT count(*) FROM ballots") == [(1,)]


async def test_a_press_that_can_no_longer_be_answered_ends_quietly(world: World) -> None:
    card = await contest(world)
    world.env.inject_error("POST", "/interactions/*", status=404, code=10062)
    await world.bob.click(card, custom_id=FIRST)

    assert ("expired",) in await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'compare vote'")


@pytest.mark.parametrize("when", ["before", "while"])
async def test_a_contest_that_is_forgotten_takes_no_votes(
    world: World, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await contest(world)
    kept = await world.bot.contests.get(1)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM contests")
    if when == "while":

        async def get(_contest_id: int) -> ContestRecord | None:
            return kept

        monkeypatch.setattr(world.bot.contests, "get", get)
    result = await world.bob.click(card, custom_id=FIRST)

    assert "no longer have" in refusal(result)
    assert await rows(world.bot, "SELECT * FROM ballots") == []


@pytest.mark.parametrize(
    ("start", "said"), [("moon", "m o n"), ("", "start"), ("月" * 29, "which is written here"), ("月" * 200, "200")]
)
async def test_what_is_no_start_is_answered_privately(world: World, start: str, said: str) -> None:
    result = await world.alice.slash(world.channel, "compare", start=start)

    assert said in refusal(result)
    assert world.env.errors
    assert await rows(world.bot, "SELECT * FROM contests") == []


async def test_characters_that_a_network_does_not_know_stay_as_typed_and_are_named(world: World) -> None:
    card = await contest(world, start="月龘")

    assert all(entry["text"].startswith("月龘") for entry in await entries(world))
    assert "Not known to all three, and left as typed: 龘" in text(card)


async def test_missing_weights_of_one_are_said(world: World, config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "some"
    shutil.copytree(config.model.dir, folder)
    (folder / "compare-gru.safetensors").unlink()
    await world.bot.close()
    some = config.model_copy(update={"model": config.model.model_copy(update={"dir": folder})})
    await world.env.restart_bot(create_bot(some))
    result = await world.alice.slash(world.channel, "compare", start="月")

    assert "network is not there" in told(result)
    assert world.env.errors


async def test_weights_that_do_not_say_how_good_they_are_are_not_compared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contest(world)
    header = world.bot.compared.poet("lstm").header
    assert header is not None
    silent = header.model_copy(update={"figures": {}})
    monkeypatch.setattr(world.bot.compared.poet("lstm"), "header", silent)

    assert "network is not there" in told(await world.alice.slash(world.channel, "compare", start="月"))
    assert world.env.errors


async def test_unwanted_words_are_kept_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.bot.server_words.replace(world.guild.id, ["山"])
    assert "word" in refusal(await world.alice.slash(world.channel, "compare", start="山"))

    monkeypatch.setattr(WordList, "in_poem", lambda *_: True)
    assert "word" in told(await world.alice.slash(world.channel, "compare", start="月"))
    assert world.env.errors
    assert await rows(world.bot, "SELECT * FROM contests") == []


async def test_too_many_at_once_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.bot.contest._desk.queue, "_most", 0)

    assert "Too many people" in refusal(await world.alice.slash(world.channel, "compare", start="月"))
    assert world.env.errors


@pytest.mark.parametrize(
    ("locale", "shown", "said"), [("zh-CN", "三个网络", "你投给了**甲**"), ("zh-TW", "三個網路", "你投給了**甲**")]
)
async def test_it_is_said_in_the_persons_language(world: World, locale: str, shown: str, said: str) -> None:
    result = await interact(world, command(world, "compare", start="月"), locale=locale)

    assert shown in text(result.response)
    assert result.response is not None
    [vote] = await press_together(world, result.response, FIRST, [world.bob.id], locale=locale)
    assert told(vote).startswith(said)


async def test_votes_and_contests_are_shown_exported_and_deleted(world: World) -> None:
    card = await contest(world)
    await world.alice.click(card, custom_id=FIRST)
    await world.bob.click(card, custom_id=SECOND)
    shown = text((await world.bob.slash(world.channel, "privacy show")).response)
    assert re.search(r"Your votes on which of three networks wrote best: \*\*1\*\*, forgotten after 365 days", shown)

    exported = await world.bot.privacy._repository.count(world.bob.id)
    assert (exported["ballots"], exported["contests"]) == (1, 0)
    await world.bot.privacy.delete(world.bob.id, discord.utils.utcnow(), discord.utils.utcnow())
    assert await rows(world.bot, "SELECT person_id FROM ballots") == [(world.alice.id,)]
    await world.bot.privacy.delete(world.alice.id, discord.utils.utcnow(), discord.utils.utcnow())
    assert await rows(world.bot, "SELECT * FROM contests") == await rows(world.bot, "SELECT * FROM ballots") == []


# What is shown.

RECORD = ContestRecord(
    start="月" * 28,
    seed=2**53 - 1,
    unknown="龘" * 28,
    entries=tuple(Entry(cell, "月" * 7 * 4, "0" * 16, 1_048_576, 123.4) for cell in ("rnn", "gru", "lstm")),
    version="0",
)


@pytest.mark.parametrize("language", Language)
def test_the_card_is_one_that_discord_takes(language: Language) -> None:
    check(ContestCard(RECORD, 10**18 - 1, language))


def test_small_perplexities_have_a_decimal() -> None:
    record = replace(RECORD, entries=tuple(replace(entry, perplexity=9.87) for entry in RECORD.entries))

    assert "LSTM 9.9" in texts_of(ContestCard(record, 1, Language.ENGLISH))[-1]


def test_the_card_says_what_its_perplexities_count() -> None:
    """Characters alone, as was measured on the shipped three; marks too, where only a training's loss is known."""
    shipped = tuple(replace(entry, weights=measured().cells[entry.cell].weights) for entry in RECORD.entries)
    mixed = (*shipped[:2], RECORD.entries[2])

    said = [texts_of(ContestCard(replace(RECORD, entries=one), 1, Language.ENGLISH))[-1] for one in (shipped, mixed)]
    assert "perplexity of a character, less" in said[0]
    assert "perplexity of a symbol, marks included, less" in said[1]


def test_all_three_get_one_draw_without_help() -> None:
    wish = wish_for_all(PoemRequest(start="月", candidates=48))

    assert (wish.form, wish.rules, wish.candidates, wish.start) == (Form.QIJUE, "length", 1, "月")
    assert wish.seed is not None
    assert wish_for_all(wish).seed != wish.seed


async def test_whoever_waits_when_the_bot_closes_is_told(world: World) -> None:
    service = ContestService(world.bot.worker, world.bot.compared, room=Room(1, 1))
    await service.close()
    with pytest.raises(ShuttingDown):
        service.admit(1)
