"""The services behind the craft: finding verse, pinyin, reports, rhymes."""

import asyncio
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.craft import CraftService, Outcome
from bot.services.pinyin import pinyin_by_reading, pinyin_of
from bot.services.poet import Gap, PoetService
from bot.services.queue import Room
from bot.services.refusals import NotOneCharacter, NoVerse, ShuttingDown, UnknownCharacter
from bot.services.verse import verse_in
from bot.services.worker import Worker
from model.forms import Form
from model.prosody import Tone, ToneClass, tones
from model.report import Rule
from model.script import is_han
from tests.bot.support import settled
from tests.bot.verses import HERON_TOWER, QINGMING, SPRING_MORNING

BROKEN = HERON_TOWER.replace("流", "月").replace("楼", "州")
"""月 is oblique, and stands where the line rhymes."""


@pytest.fixture
def poet(worker: Worker, weights: Path) -> PoetService:
    return PoetService(worker, network="auto", folder=weights, device="cpu", room=Room(2, 2), batch=8)


@pytest.fixture
def craft(worker: Worker, poet: PoetService) -> CraftService:
    return CraftService(worker, poet)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HERON_TOWER, HERON_TOWER),
        (f"My first poem!\n{HERON_TOWER}\nWhat do you think? 🙂", HERON_TOWER),
        (f"# 登鹳雀楼\n{HERON_TOWER}\n-# 月 · 五绝 · 温度 0.8", HERON_TOWER),
        (f"登鹳雀楼\n{HERON_TOWER}", f"登鹳雀楼\n{HERON_TOWER}"),
        ("**白**日依山尽，\n||黄河入海流||。", "白日依山尽，\n黄河入海流。"),
        ("<@123> 白日依山尽，黄河入海流 <:moon:12345>", "白日依山尽，黄河入海流"),
        ("白日\u200b依山尽，\u202e黄河入海流\ufe0f", "白日依山尽，黄河入海流"),
        ("look: 白日依山尽，黄河入海流 lol", "look: 白日依山尽，黄河入海流 lol"),
        ("> 白日依山尽\n> 黄河入海流", "白日依山尽\n黄河入海流"),
    ],
)
def test_verse_is_found_in_what_people_write(text: str, found: str) -> None:
    assert verse_in(text) == found


@pytest.mark.parametrize("form", Form)
def test_a_poem_without_marks_and_breaks_comes_in_its_lines(form: Form) -> None:
    verse = "\n".join(["春江花月夜长天"[: form.line_length]] * form.line_count)
    run = verse.replace("\n", "")

    assert verse_in(f" {run} ") == verse
    assert verse_in(run[:-1]) == run[:-1]


@pytest.mark.parametrize(
    "text", ["", "hello", "好的，谢谢", "-# 白日依山尽", "🙂" * 4000, "\ud800" * 9, "こんにちは", "@everyone"]
)
def test_what_is_no_verse_is_told(text: str) -> None:
    with pytest.raises(NoVerse):
        verse_in(text)


@given(st.text(st.characters() | st.sampled_from("月山风花，。\n -#*_<>@:/\u200b\u202e\ud800"), max_size=80))
def test_whatever_is_found_has_verse_in_it(text: str) -> None:
    try:
        found = verse_in(text)
    except NoVerse:
        return
    assert sum(map(is_han, found)) >= 5
    assert not {"Cf", "Mn"} & {unicodedata.category(char) for char in found}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("白日依山尽", "bái rì yī shān jìn"),
        ("白日依山盡", "bái rì yī shān jìn"),
        ("江南游子不知君", "jiāng nán yóu zǐ bù zhī jūn"),
        ("长河落日圆", "cháng hé luò rì yuán"),
        ("空山不见人", "kōng shān bù jiàn rén"),
        ("千里江陵一日还", "qiān lǐ jiāng líng yī rì huán"),
        ("路上行人欲断魂", "lù shàng xíng rén yù duàn hún"),
        ("长风几万里", "cháng fēng jǐ wàn lǐ"),
        ("長風幾萬里", "cháng fēng jǐ wàn lǐ"),
        ("草长莺飞日", "cǎo zhǎng yīng fēi rì"),
        ("群山生长处", "qún shān shēng zhǎng chù"),
        ("\u3402月\u3403\u3407", " yuè  "),
    ],
)
def test_pinyin_knows_words(line: str, said: str) -> None:
    assert " ".join(pinyin_of(line, [only_tone(char) for char in line])) == said


def only_tone(character: str) -> Tone | None:
    found = tones(character)
    return next(iter(found)) if len(found) == 1 else None


@pytest.mark.parametrize(
    ("character", "tone", "said"),
    [
        ("看", Tone.LEVEL, "kān"),
        ("看", Tone.OBLIQUE, "kàn"),
        ("长", Tone.LEVEL, "cháng"),
        ("长", Tone.OBLIQUE, "zhǎng"),
        ("过", Tone.LEVEL, "guō"),
        ("白", Tone.OBLIQUE, "bái"),  # entering: any tone of today
        ("白", Tone.LEVEL, "bái"),
        ("聽", Tone.OBLIQUE, "tīng"),  # there is no other
        ("看", None, "kàn"),
        # Another word, which verse has more often than speech.
        ("长", None, "cháng"),
        ("長", None, "cháng"),
        ("爲", None, "wéi"),
        ("重", None, "chóng"),
        ("重", Tone.OBLIQUE, "zhòng"),
        ("量", None, "liáng"),
        ("彈", None, "tán"),
        ("醒", Tone.LEVEL, "xīng"),
        ("醒", None, "xǐng"),
    ],
)
def test_pinyin_follows_the_tone_of_verse(character: str, tone: Tone | None, said: str) -> None:
    assert pinyin_of(character, [tone]) == (said,)


def test_each_reading_has_its_pinyin() -> None:
    def said(character: str) -> dict[tuple[ToneClass, str], str]:
        return {(reading.tone_class, reading.group): said for reading, said in pinyin_by_reading(character).items()}

    assert said("長")[ToneClass.LEVEL, "陽"] == "cháng"
    assert said("長")[ToneClass.RISING, "養"] == "zhǎng"
    assert said("度") == {(ToneClass.DEPARTING, "遇"): "dù", (ToneClass.ENTERING, "藥"): "duó"}
    assert said("㒹") == {(ToneClass.LEVEL, "先"): ""}
    assert said("龘") == {}


@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x323AF).filter(is_han), min_size=1, max_size=9))
def test_every_character_has_its_place_in_the_pinyin(line: str) -> None:
    said = pinyin_of(line, [None] * len(line))

    assert len(said) == len(line)
    assert not any(map(is_han, "".join(said)))


async def test_a_poem_that_keeps_its_rules(craft: CraftService) -> None:
    found = await craft.examine(HERON_TOWER)

    assert found.report.form is Form.WUJUE
    assert found.outcome in {Outcome.STRICT, Outcome.LENIENT}
    assert found.shared == "尤"
    assert found.pinyin[1] == ("huáng", "hé", "rù", "hǎi", "liú")


async def test_what_a_person_gave_is_exempt(craft: CraftService) -> None:
    blamed = await craft.examine(BROKEN)
    exempt = await craft.examine(BROKEN, given=(9, 99))

    assert blamed.outcome is Outcome.BROKEN
    [fault] = [fault for fault in blamed.report.faults if fault.certain]
    assert (fault.line, fault.place, fault.characters) == (1, 4, "月")
    assert exempt.given == {(1, 4)}
    assert exempt.exempt(fault)
    assert exempt.outcome in {Outcome.GIVEN, Outcome.LENIENT}


async def test_a_borrowed_rhyme_is_no_fault(craft: CraftService) -> None:
    assert (await craft.examine(QINGMING)).outcome is Outcome.LENIENT


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        (SPRING_MORNING, "篠"),
        ("山月风花春\n江水云天日", None),
        ("月\n山\n月\n花", None),
        ("山中\n流水\n花开\n悠悠", None),
    ],
)
async def test_verse_without_a_pattern_may_rhyme(craft: CraftService, text: str, shared: str | None) -> None:
    found = await craft.examine(text, Form.QILV)

    assert found.outcome is Outcome.SHAPELESS
    assert found.shared == shared
    assert not (await craft.mend(found)).mends


async def test_the_network_names_what_would_mend(craft: CraftService, poet: PoetService) -> None:
    found = await craft.examine("山月风花春，江水云天日。\n" * 2)
    assert found.outcome is Outcome.BROKEN
    mended = await craft.mend(found)

    assert 0 < len(mended.mends) <= 6
    for fault, characters in mended.mends.items():
        assert fault in found.own_faults
        assert 0 < len(characters) <= 5
        assert all(fault.wanted in tones(character) for character in characters)


async def test_a_poem_without_faults_asks_no_network(craft: CraftService, poet: PoetService) -> None:
    await poet.close()
    found = await craft.examine(HERON_TOWER, given=range(20))

    assert await craft.mend(found) == found


@pytest.mark.parametrize("why", ["busy", "no network"])
async def test_a_network_that_cannot_be_asked_is_told(why: str, worker: Worker, weights: Path, tmp_path: Path) -> None:
    folder = weights if why == "busy" else tmp_path
    queue = 0 if why == "busy" else 1
    poet = PoetService(worker, network="auto", folder=folder, device="cpu", room=Room(queue, 1), batch=1)
    craft = CraftService(worker, poet)
    found = await craft.mend(await craft.examine(BROKEN))

    assert found.unasked
    assert not found.mends


async def test_a_bot_that_stops_is_told(craft: CraftService, poet: PoetService) -> None:
    found = await craft.examine(BROKEN)
    await poet.close()

    with pytest.raises(ShuttingDown):
        await craft.mend(found)


async def test_the_poet_suggests_for_several_places_at_once(poet: PoetService) -> None:
    lines = ["山月风花春", "江水云天日"] * 2
    first, second = await poet.suggest(lines, Form.WUJUE, [Gap(0, 0, Tone.OBLIQUE), Gap(1, 4, Tone.LEVEL, "東")])

    assert all(tones(character) == {Tone.OBLIQUE} for character in first)
    assert set(second) <= set("东风中空红")


async def test_rhymes_of_a_character(craft: CraftService) -> None:
    [level] = await craft.rhymes(" 流 ")

    assert (level.character, level.reading.group, level.pinyin) == ("流", "尤", "liú")
    assert len(level.words) == 30
    assert "秋" in level.words


async def test_rhymes_of_several_readings_and_of_several_characters(craft: CraftService) -> None:
    readings = await craft.rhymes("長")
    stands_for = await craft.rhymes("发")

    assert {entry.reading.tone for entry in readings} == set(Tone)
    assert [bool(entry.words) for entry in readings] == [entry.reading.tone is Tone.LEVEL for entry in readings]
    assert {entry.character: entry.pinyin for entry in stands_for} == {"發": "fā", "髮": "fà"}


@pytest.mark.parametrize("text", ["", "  ", "月山", "a", "🌙", "\ud800", "月\u200b", "あ", "1", "。", "月" * 4000])
async def test_rhymes_are_of_one_chinese_character(craft: CraftService, text: str) -> None:
    with pytest.raises(NotOneCharacter):
        await craft.rhymes(text)


async def test_a_character_without_a_group_is_told(craft: CraftService) -> None:
    with pytest.raises(UnknownCharacter):
        await craft.rhymes("龘")


async def test_tables_are_read_beforehand(worker: Worker, craft: CraftService) -> None:
    craft.warm_up()
    await settled(worker)

    async with asyncio.timeout(1):
        assert (await craft.examine(SPRING_MORNING)).report.faults[0].rule in Rule
