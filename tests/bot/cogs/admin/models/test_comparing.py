"""/admin models compare: two versions write, and the owner votes without knowing which is which."""

import re

import discord
import pytest
from simcord import ResponseMessage

from bot.store.comparisons import Choice
from bot.words import Language, say
from model import checkpoint
from model.script import Script, convert, script_of
from tests.bot.cogs.admin.models.conftest import trained
from tests.bot.learned import asked
from tests.bot.owner import heard, message, press
from tests.bot.support import buttons, interact, rows, text
from tests.conftest import World


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
