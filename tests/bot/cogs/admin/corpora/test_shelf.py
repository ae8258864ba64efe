"""/admin corpus list, stats and remove as the owner uses them."""

from bot.services.favorite_corpus import FAVORITES
from bot.words import Language, say
from tests.bot.cogs.admin.corpora.conftest import LINES, QUIET, STORKS, add, as_json, folder, kept
from tests.bot.learned import asked
from tests.bot.owner import admin, heard, message, press, said
from tests.bot.support import buttons, interact, text
from tests.conftest import World


async def test_a_corpus_is_removed_once_it_is_confirmed(owned: World) -> None:
    card = await add(owned, LINES)
    await owned.alice.click(card, custom_id=next(iter(buttons(card))))
    [offered] = await owned.alice.autocomplete(owned.channel, "admin corpus remove", "corpus", "poe")
    assert offered["value"] == "poems"
    asked = (await admin(owned, "corpus remove", corpus="poems")).response
    assert asked is not None
    assert kept(owned) == ["poems"]
    await owned.alice.click(asked, custom_id="admin:corpus:remove:poems")

    assert "`poems` is removed" in text(asked)
    assert kept(owned) == []
    unknown = say(Language.ENGLISH, "error.corpus.unknown", name="poems")
    assert await said(owned, "corpus remove", corpus="poems") == unknown
    pressed = await interact(
        owned, press("admin:corpus:remove:poems"), kind=3, message=message(owned, "admin:corpus:remove:poems")
    )
    assert heard(owned, pressed) == unknown


async def test_a_corpus_that_a_job_learns_from_stays(owned: World) -> None:
    card = await add(owned, LINES)
    await owned.alice.click(card, custom_id=next(iter(buttons(card))))

    async def learns(name: str) -> bool:
        return name == "poems"

    owned.bot.corpora.learns_from = learns
    in_use = say(Language.ENGLISH, "error.corpus.in_use", name="poems")
    assert await said(owned, "corpus remove", corpus="poems") == in_use
    pressed = await interact(
        owned, press("admin:corpus:remove:poems"), kind=3, message=message(owned, "admin:corpus:remove:poems")
    )
    assert heard(owned, pressed) == in_use
    assert kept(owned) == ["poems"]
    assert await said(owned, "corpus remove", corpus=FAVORITES) == say(Language.ENGLISH, "error.corpus.stays")


async def test_what_is_no_corpus_is_not_shown_or_removed(owned: World) -> None:
    for name in ("../jobs", ".about", "nosuch", "**x** @everyone"):
        for path in ("corpus stats", "corpus remove"):
            answer = text(await asked(owned, path, corpus=name))
            assert "There is no corpus" in answer
            assert "@everyone" not in answer


async def test_one_that_lies_there_is_counted_when_it_is_asked_for(owned: World) -> None:
    place = folder(owned) / "mine"
    place.mkdir(parents=True)
    (place / "poems.json").write_bytes(as_json(QUIET, STORKS))
    assert "not counted yet" in await said(owned, "corpus list")
    shown = text(await asked(owned, "corpus stats", corpus="mine"))

    assert "Poems: **2** of 2 read" in shown
    assert QUIET in shown
    assert "**mine** · 2 poems" in await said(owned, "corpus list")
    # What was noted and cannot be read is counted anew.
    (folder(owned) / ".about" / "mine.json").write_text("[]")
    assert "not counted yet" in await said(owned, "corpus list")


async def test_one_that_is_damaged_is_said_to_be_so(owned: World) -> None:
    place = folder(owned) / "mine"
    place.mkdir(parents=True)
    (place / "poems.json").write_bytes(b"[{")
    assert text(await asked(owned, "corpus stats", corpus="mine")).strip() == say(
        Language.ENGLISH, "error.corpus.fault.damaged"
    )


async def test_what_people_love_becomes_a_corpus(owned: World) -> None:
    """A server agrees, the owner lists it, two people keep a poem; then it can be learnt from."""
    owned.bot.corpora.favorites._listed = frozenset({owned.guild.id})
    card = (await owned.bob.slash(owned.channel, "poem", start="月", form="五绝")).response
    assert card is not None
    [star] = [custom_id for custom_id in buttons(card) if custom_id.endswith(":keep")]
    for person in (owned.alice, owned.bob):
        await person.click(card, custom_id=star)
    assert "Poems kept by two people or more: **0**" in text(await asked(owned, "corpus stats", corpus=FAVORITES))

    panel = (await owned.alice.slash(owned.channel, "server settings")).response
    assert panel is not None
    await owned.alice.select(panel, ["yes"], custom_id="server:learning")
    shown = text(await asked(owned, "corpus stats", corpus=FAVORITES))
    assert "Servers that agreed: 1" in shown
    assert "Poems kept by two people or more: **1** (it takes 8); readings in an epoch: 2" in shown
    assert "to learn from: 1" in await said(owned, "corpus list")
    # One of them lets it go.
    await owned.bob.click(card, custom_id=star)
    assert "to learn from: 0" in await said(owned, "corpus list")
