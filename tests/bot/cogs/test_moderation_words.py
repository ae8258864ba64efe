"""Words that nobody is to read: in wishes, in what comes of them, in either script, through every entrance."""

from pathlib import Path
from typing import Any

import pytest
from simcord import InteractionResult

from bot.app import create_bot
from bot.config import Config, ConfigError, load_config
from bot.services.moderation import TRIES, Moderation, UnwantedPoem, UnwantedSeed, UnwantedWish, WordList, compose_clean
from bot.store.words import ServerWordRepository, bare
from bot.words import Language, say
from model.forms import Form
from model.generation import Poet
from model.requests import Poem, PoemRequest
from tests.bot.support import command, interact, rows, text, verse
from tests.conftest import CHARACTERS, World

WISH = say(Language.ENGLISH, "error.words.wish")
NONE = say(Language.ENGLISH, "error.words.poem")
SEED = say(Language.ENGLISH, "error.words.seed")


def listed(*words: str) -> WordList:
    return WordList(frozenset(map(bare, words)))


def private(world: World, result: InteractionResult) -> str:
    """What the person was told, before or after the deferral."""
    assert isinstance(world.env.errors, list)
    told = result.response if result.response is not None and result.response.content else result.followups[-1]
    assert told is not None
    assert told.ephemeral
    return told.content


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Poem]:
    """The poems that the network wrote."""
    written: list[Poem] = []
    compose_all = Poet.compose_all

    def note(poet: Poet, requests: list[PoemRequest]) -> list[Poem]:
        poems = compose_all(poet, requests)
        written.extend(poems)
        return poems

    monkeypatch.setattr(Poet, "compose_all", note)
    return written


POEM = ("秋云江水，天日夜人。", "秋雲江\n水天日夜人")


@pytest.mark.parametrize("word", ["秋云", "秋雲", "秋，云", "水", "江水天"])
def test_words_are_found_in_either_script_and_over_the_ends_of_lines(word: str) -> None:
    assert all(map(listed(word).in_text, POEM))


@pytest.mark.parametrize("word", ["水江", "云秋", "秋江"])
def test_what_stands_otherwise_is_no_such_word(word: str) -> None:
    assert not any(map(listed(word).in_text, POEM))


def test_a_word_down_the_first_characters_of_the_lines_counts() -> None:
    poem = "月上江楼晚，\n光寒客梦遥。\n"

    assert listed("月光").in_poem(poem)
    assert not listed("光月").in_poem(poem)


def test_the_theme_of_a_poem_counts() -> None:
    assert listed("送别").in_poem("月上江楼晚", "送別友人")
    assert not listed("送别").in_poem("月上江楼晚", "")


def test_without_words_everything_is_welcome() -> None:
    assert not WordList(frozenset()).in_poem("月", "月")


@pytest.mark.parametrize(
    "wish",
    [
        PoemRequest(start="月光"),
        PoemRequest(theme="月光曲"),
        PoemRequest(heads="山月光水"),
        PoemRequest(form=Form("五绝"), held=("", "江清月光人", "", "")),
    ],
)
def test_a_word_in_any_part_of_a_wish_counts(wish: PoemRequest) -> None:
    with pytest.raises(UnwantedWish):
        listed("月光").check_wish(wish)
    listed("光月").check_wish(wish)


def test_lines_that_do_not_follow_each_other_make_no_word() -> None:
    listed("月光").check_wish(PoemRequest(form=Form("五绝"), held=("山高水清月", "", "光寒客梦遥", "")))


async def test_the_words_of_the_owner_and_of_the_server_count_together(world: World) -> None:
    await world.bot.server_words.replace(world.guild.id, ["花"])
    moderation = Moderation(["月", "。"], world.bot.server_words)

    assert (await moderation.words_for(world.guild.id)).words == {"月", "花"}
    assert (await moderation.words_for(world.guild.id + 1)).words == {"月"}
    assert (await moderation.words_for(None)).words == {"月"}


async def test_a_servers_words_are_kept_once_and_as_they_are_compared(world: World) -> None:
    words: ServerWordRepository = world.bot.server_words
    await words.replace(1, ["秋雲", "秋云", " 明 月", "", "，。", "VIP", "vip"])
    assert await words.of(1) == sorted([bare("秋云"), "明月", "vip"])

    await words.replace(1, ["花"])
    assert await words.of(1) == ["花"]
    await words.replace(1, [])
    assert await words.of(1) == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("poem", {"start": "明月"}),
        ("poem", {"theme": "明月"}),
        ("acrostic", {"heads": "山明月"}),
    ],
)
async def test_a_wish_with_a_word_is_refused_privately_and_not_repeated(
    world: World, wishes: list[PoemRequest], name: str, options: dict[str, Any]
) -> None:
    await world.bot.server_words.replace(world.guild.id, ["明月"])
    result = await world.alice.slash(world.channel, name, **options)

    assert private(world, result) == WISH
    assert not wishes
    assert not world.channel.history(viewer=world.bob)
    assert await rows(world.bot, "SELECT outcome FROM requests") == [("error.words.wish",)]
    # It cost nothing of what the person may ask for.
    assert text((await world.alice.slash(world.channel, "poem", start="花")).response)


async def test_other_servers_are_not_concerned(world: World) -> None:
    await world.bot.server_words.replace(world.guild.id + 1, ["月"])

    assert verse((await world.alice.slash(world.channel, "poem", start="月")).response)[0].startswith("月")


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_a_refusal_is_in_the_persons_language(world: World, locale: str) -> None:
    await world.bot.server_words.replace(world.guild.id, ["月"])
    result = await interact(world, command(world, "poem", start="月"), locale=locale)

    assert private(world, result) == say(Language(locale), "error.words.wish")


async def test_a_poem_with_a_word_is_written_again_and_its_own_seed_kept(world: World, reached: list[Poem]) -> None:
    plain = (await world.alice.slash(world.channel, "poem", start="月", seed=7, temperature=0.7)).response
    word = verse(plain)[0][1:3]
    first = reached.pop()
    unwanted = [first]
    compose_all = Poet.compose_all

    def bad_first(poet: Poet, requests: list[PoemRequest]) -> list[Poem]:
        return [unwanted.pop()] if unwanted else compose_all(poet, requests)

    await world.bot.server_words.replace(world.guild.id, [word])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poet, "compose_all", bad_first)
        result = await world.bob.slash(world.channel, "poem", start="月")

    assert not unwanted
    assert word not in "".join(verse(result.response))
    *_, (kept, seed) = await rows(world.bot, "SELECT text, seed FROM poems ORDER BY id")
    assert f"seed {seed}" in text(result.response)
    assert seed == reached[-1].seed != first.seed
    assert kept == reached[-1].text


async def test_after_some_tries_it_is_refused(world: World, wishes: list[PoemRequest]) -> None:
    await world.bot.server_words.replace(world.guild.id, list(CHARACTERS))
    result = await world.alice.slash(world.channel, "poem")

    assert private(world, result) == NONE
    assert len(wishes) == TRIES
    assert len({wish.seed for wish in wishes}) == TRIES
    assert await rows(world.bot, "SELECT id FROM poems") == []
    assert not world.channel.history(viewer=world.bob)


async def test_a_seed_that_makes_a_word_is_refused_at_once(world: World, wishes: list[PoemRequest]) -> None:
    word = verse((await world.alice.slash(world.channel, "poem", seed=7)).response)[0][:2]
    await world.bot.server_words.replace(world.guild.id, [word])
    wishes.clear()
    result = await world.bob.slash(world.channel, "poem", seed=7)

    assert private(world, result) == SEED
    assert len(wishes) == 1
    assert len(await rows(world.bot, "SELECT id FROM poems")) == 1


async def test_the_button_and_the_menu_below_a_poem_are_no_way_around(world: World) -> None:
    card = (await world.alice.slash(world.channel, "poem", start="明月", form="五绝")).response
    assert card is not None
    await world.bot.server_words.replace(world.guild.id, ["明月"])

    another = await world.bob.click(card, custom_id="poem:1:another")
    assert private(world, another) == WISH
    # The first line is held, with the word in it.
    line = await world.bob.select(card, ["1"], custom_id="poem:1:line")
    assert private(world, line) == WISH
    assert len(await rows(world.bot, "SELECT id FROM poems")) == 1


async def test_the_owners_words_count_in_direct_messages(config: Config, world: World, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("# not here\n\n明月\n  花 \n", encoding="utf-8-sig")
    words = load_config(overrides={"moderation.words": str(file)}).moderation
    assert words.words == ("明月", "花")
    await world.bot.close()
    await world.env.restart_bot(create_bot(config.model_copy(update={"moderation": words})))

    result = await world.alice.user.slash("poem", start="明月")
    assert private(world, result) == WISH


async def test_a_poem_without_a_word_is_not_touched() -> None:
    poems: list[Any] = [object()]

    async def compose(_: PoemRequest) -> Any:
        return type("Written", (), {"text": "月上江楼晚", "theme": "", "same": poems[0]})()

    poem: Any = await compose_clean(compose, PoemRequest(), listed("花"))
    assert poem.same is poems[0]
    with pytest.raises(UnwantedPoem):
        await compose_clean(compose, PoemRequest(), listed("江楼"))
    with pytest.raises(UnwantedSeed):
        await compose_clean(compose, PoemRequest(seed=0), listed("江楼"))
    with pytest.raises(UnwantedWish):
        await compose_clean(compose, PoemRequest(start="花"), listed("花"))


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"\xff\xfe\x00", "not a text in UTF-8")],
)
def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "words.txt"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError, match=rf"moderation\.words: cannot read .*words\.txt: .*{said}"):
        load_config(overrides={"moderation.words": str(file)})


def test_a_list_of_words_in_place_of_a_file_is_no_setting() -> None:
    with pytest.raises(ConfigError, match=r"moderation\.words"):
        load_config(overrides={"moderation.words": 7})
