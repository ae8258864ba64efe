"""Loved poems as a corpus: whose they are, which of them, and what the trainer gets."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.services.children import Children
from bot.services.corpora import Corpora
from bot.services.corpus_refusals import NoBase, NoFavorites
from bot.services.favorite_corpus import FAVORITES, FEWEST_POEMS, KEPT_DAYS, MOST_WEIGHT, FavoriteCorpus, has_given_line
from bot.store.database import Database
from bot.store.favorites import FavoriteRepository
from bot.store.loved import LovedPoem, LovedRepository
from bot.store.origin import Origin
from bot.store.poems import PoemRepository
from bot.store.privacy import PrivacyRepository
from bot.store.servers import ServerRepository
from model.corpus import load_corpus
from model.corpus.mixing import HELD_OUT
from tests.bot.keeping import NOW, POEM
from tests.model.learning import quatrains

pytestmark = pytest.mark.usefixtures("at_once")

SERVER, OTHER, AUTHOR = 10**17, 10**17 + 1, 77
TEXTS = [text.replace("。", "。\n").strip() for text in quatrains(60, seed=9)]


class House:
    """A database with people who keep poems, and the service."""

    def __init__(self, database: Database, folder: Path, listed: Sequence[int]) -> None:
        self.folder = folder
        self.poems = PoemRepository(database)
        self.favorites = FavoriteRepository(database)
        self.servers = ServerRepository(database)
        self.privacy = PrivacyRepository(database)
        self.corpus = FavoriteCorpus(LovedRepository(database), Children(), folder, listed)
        self.base = folder / "corpora" / "chinese-poetry"

    async def agree(self, *servers: int) -> None:
        for guild_id in servers:
            await self.servers.choose(guild_id, {"learning": 1}, NOW)

    async def kept(
        self, texts: Sequence[str], people: int = 2, *, guild_id: int | None = SERVER, **changes: Any
    ) -> list[int]:
        ids = []
        for text in texts:
            origin = Origin(1, AUTHOR, guild_id, 2)
            poem_id = await self.poems.add(replace(POEM, text=text, given=(), **changes), origin, NOW)
            for person in range(people):
                await self.favorites.keep(1000 + person, poem_id, NOW)
            ids.append(poem_id)
        return ids

    def write_base(self) -> Path:
        self.base.mkdir(parents=True)
        old = [{"paragraphs": [text]} for text in quatrains(80)]
        (self.base / "poet.tang.0.json").write_text(json.dumps(old), encoding="utf-8")
        return self.base


@pytest.fixture
def house(tmp_path: Path, database: Database) -> House:
    return House(database, tmp_path, [SERVER])


async def loved(house: House) -> list[str]:
    return [text for text, _ in (await house.corpus.loved()).poems]


async def test_only_servers_that_agreed_and_are_listed_count(house: House) -> None:
    await house.kept(TEXTS[:2])
    await house.kept(TEXTS[2:4], guild_id=OTHER)
    await house.kept(TEXTS[4:6], guild_id=None)
    assert await loved(house) == []
    await house.agree(OTHER)
    assert await loved(house) == []
    assert (await house.corpus.loved()).agreed == 1
    await house.agree(SERVER)
    assert await loved(house) == TEXTS[:2]
    found = await house.corpus.loved()
    assert (found.agreed, found.listed) == (2, 1)
    # Whoever withdraws, or removes the bot, is out at once.
    await house.servers.choose(SERVER, {"learning": None}, NOW)
    assert await loved(house) == []


async def test_two_people_at_least_have_to_keep_a_poem(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[:1], people=1)
    [poem_id] = await house.kept(TEXTS[1:2], people=2)
    await house.kept(TEXTS[2:3], people=25)
    found = (await house.corpus.loved()).poems
    assert found == [(TEXTS[1], 2), (TEXTS[2], MOST_WEIGHT)]
    await house.favorites.let_go(1000, poem_id)
    assert await loved(house) == [TEXTS[2]]


async def test_lines_that_a_person_gave_are_not_learnt_from(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[:1])
    for given in (range(5), range(3), range(12, 17)):
        poem_id = (await house.kept([POEM.text]))[0]
        async with house.corpus._repository._database.transaction() as transaction:
            await transaction.execute("UPDATE poems SET given = ? WHERE id = ?", (json.dumps(list(given)), poem_id))
    found = await house.corpus.loved()
    assert [text for text, _ in found.poems] == TEXTS[:1]
    assert found.left_out == 3


@pytest.mark.parametrize(
    ("given", "theirs"),
    [
        ((), False),
        ((0, 1), False),
        ((0, 1, 2), True),
        ((0, 5, 10, 15), False),
        ((4, 5, 6), False),
        ((17, 18, 19), True),
    ],
)
def test_a_line_is_a_persons_by_half_of_its_characters(*, given: tuple[int, ...], theirs: bool) -> None:
    assert has_given_line(LovedPoem(1, POEM.text, given, 2)) is theirs


async def test_the_text_in_traditional_characters_is_taken_where_it_is_known(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(["书门。"], traditional="書門。")
    await house.kept(["云门。"], traditional="")
    assert await loved(house) == ["書門。", "云门。"]


async def test_whoever_deleted_their_data_is_not_learnt_from(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[:2])
    await house.privacy.delete(AUTHOR)
    # The others keep the poems; what was typed for them is not known any more.
    assert await loved(house) == []


async def test_the_trainer_gets_them_mixed_and_weighted(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[:40], people=3)
    path = await house.corpus.mix(house.write_base())
    poems = load_corpus(path).poems

    own = {text.replace("\n", "") for text in TEXTS[:40]}
    learnt = [poem for poem in poems if poem.text in own]
    held_out = house.corpus.held_out()
    assert held_out is not None
    assert 20 < len(learnt) < 40
    assert {poem.weight for poem in learnt} == {3}
    assert len(poems) > len(learnt) + 50
    assert {poem.text for poem in load_corpus(held_out).poems} == own - {poem.text for poem in learnt}
    # Neither who asked for them nor what for.
    everything = "".join(file.read_text(encoding="utf-8") for file in house.folder.glob("favorites/**/*.json"))
    assert POEM.theme not in everything
    assert str(AUTHOR) not in everything


async def test_the_copy_is_made_anew_and_the_old_one_goes(house: House) -> None:
    await house.agree(SERVER)
    base = house.write_base()
    poem_ids = await house.kept(TEXTS[:40])
    first = await house.corpus.mix(base)
    assert await house.corpus.mix(base) == first
    await house.favorites.let_go(1000, poem_ids[0])
    # A job that learns from it finds it as it was.
    assert await house.corpus.mix(base, again=True) == first
    second = await house.corpus.mix(base)
    assert second != first
    assert not first.exists()
    everything = "".join(file.read_text(encoding="utf-8") for file in house.folder.glob("favorites/**/*.json"))
    assert TEXTS[0].replace("\n", "") not in everything
    assert second.parent / HELD_OUT == house.corpus.held_out()


async def test_the_copy_goes_after_a_month(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[:40])
    path = await house.corpus.mix(house.write_base())
    await house.corpus.sweep()
    assert path.is_dir()
    old = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(path.parent, (old, old))
    await house.corpus.sweep()
    assert not path.exists()
    assert house.corpus.held_out() is None


async def test_too_few_are_refused(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[: FEWEST_POEMS - 1])
    with pytest.raises(NoFavorites):
        await house.corpus.mix(house.write_base())


async def test_poems_that_are_too_much_alike_are_refused(house: House) -> None:
    """Enough in number, and all of them share lines: nothing could be held out."""
    await house.agree(SERVER)
    alike = [f"月山风花春，秋江水云天。\n日夜人心来，归何处不{last}。" for last in "知青白红长清明时"]
    await house.kept(alike)
    with pytest.raises(NoFavorites):
        await house.corpus.mix(house.write_base())
    assert house.corpus.held_out() is None


async def test_without_old_poems_nothing_is_mixed(house: House) -> None:
    await house.agree(SERVER)
    await house.kept(TEXTS[:20])
    corpora = Corpora(house.folder, Children(), house.corpus, base="chinese-poetry", largest=1)
    with pytest.raises(NoBase):
        await corpora.path_of(FAVORITES)
    house.write_base()
    assert (await corpora.path_of(FAVORITES)).is_dir()
    assert await corpora.names() == ["chinese-poetry", FAVORITES]
