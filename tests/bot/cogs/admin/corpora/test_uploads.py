"""/admin corpus add as the owner uses it: any file is read, told of, and kept apart until it is confirmed."""

import io
import re
import tarfile
import time
from collections.abc import Mapping

import pytest

from bot.app import create_bot
from bot.config import Config
from bot.services.favorite_corpus import FAVORITES
from bot.services.uploads import KEPT_WAITING_SECONDS
from bot.words import Language, say
from model.corpus import load_corpus, split_corpus
from model.corpus.held_out import HeldOut
from tests.bot.cogs.admin.corpora.conftest import LINES, QUIET, STORKS, add, as_json, folder, kept
from tests.bot.keeping import NOW
from tests.bot.learned import last
from tests.bot.owner import heard, message, press, said
from tests.bot.support import buttons, interact, text
from tests.conftest import World
from tests.model.learning import quatrains


def archive(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


async def test_an_upload_is_told_of_and_kept_apart_until_it_is_confirmed(owned: World) -> None:
    card = await add(owned, LINES)
    shown = text(card)

    assert "Read: poems.txt" in shown
    assert "Poems: **2** of 5 read; characters: 48" in shown
    assert "五绝 2" in shown
    for dropped in ("lost characters 1", "latin letters or digits 1", "there twice 1"):
        assert dropped in shown
    assert kept(owned) == []
    assert await owned.bot.corpora.names() == [FAVORITES]
    assert not list(folder(owned).glob(".waiting/*/upload"))

    [keep, drop] = buttons(card)
    await owned.alice.click(card, custom_id=keep)
    assert "`poems` is kept" in text(card)
    assert kept(owned) == ["poems"]
    assert not list(folder(owned).glob(".waiting/*"))
    corpus = load_corpus(await owned.bot.corpora.path_of("poems"))
    assert [poem.text for poem in corpus.poems] == [QUIET, STORKS]
    again = await interact(owned, press(keep), kind=3, message=message(owned, keep))
    assert heard(owned, again) == say(Language.ENGLISH, "error.corpus.waits_no_more")
    again = await interact(owned, press(drop), kind=3, message=message(owned, drop))
    assert heard(owned, again) == say(Language.ENGLISH, "error.corpus.waits_no_more")
    listed = await said(owned, "corpus list")
    assert "**poems** · 2 poems · simplified · poems.txt" in listed


FORMATS = [
    ("a.json", as_json(QUIET, STORKS)),
    ("b.tar.gz", archive({"全唐诗/poet.tang.0.json": as_json(QUIET), "x/poet.song.0.json": as_json(STORKS)})),
    ("c.txt", f"静夜思:{QUIET}\n登鹳雀楼:{STORKS}".encode()),
    ("d.txt", f"{QUIET}\n{STORKS}".encode()),
    ("e.txt", "\n\n".join(poem.replace("。", "。\n").strip() for poem in (QUIET, STORKS)).encode()),
]


async def test_every_format_is_read_and_nothing_is_lost(owned: World) -> None:
    for file, content in FORMATS:
        card = await add(owned, content, file)
        [keep, _] = buttons(card)
        await owned.alice.click(card, custom_id=keep)

        corpus = load_corpus(await owned.bot.corpora.path_of(file[0]))
        assert sorted(poem.text for poem in corpus.poems) == sorted([QUIET, STORKS]), file
        if file.endswith(".tar.gz"):
            assert {poem.dynasty for poem in corpus.poems} == {"tang", "song"}


UNREADABLE = [
    (b"", "empty"),
    (b" \n\n ", "empty"),
    (bytes(range(256)) * 8, "encoding"),
    (QUIET.encode("gb18030"), "encoding"),
    (QUIET.encode("utf-16"), "encoding"),
    (b"hello, world\nthis is no poem\n", "format"),
    (b'[{"paragraphs": ', "damaged"),
    (b'{"a": 1}', "format"),
    (archive({"x.json": as_json(QUIET)})[:-40], "damaged"),
    (archive({"readme.md": b"nothing"}), "format"),
    ("月□山，\n".encode(), "no_poems"),
]


async def test_a_file_that_cannot_be_read_is_said_to_be_so(owned: World) -> None:
    for content, fault in UNREADABLE:
        card = await add(owned, content)

        assert text(card).strip() == say(Language.ENGLISH, f"error.corpus.fault.{fault}"), content
    assert not list(folder(owned).glob(".waiting/*"))
    assert not kept(owned)


async def test_a_hundred_megabytes_are_declined_before_they_are_fetched(owned: World) -> None:
    registered = owned.env.backend.find_command("admin", None)
    assert registered is not None
    file = {
        "id": "1",
        "filename": "x.txt",
        "size": 100 << 20,
        "url": "https://nowhere.test/x",
        "proxy_url": "https://x.test",
    }
    add = {"type": 1, "name": "add", "options": [{"type": 11, "name": "file", "value": "1"}]}
    data = {
        "id": registered["id"],
        "name": "admin",
        "type": 1,
        "options": [{"type": 2, "name": "corpus", "options": [add]}],
        "resolved": {"attachments": {"1": file}},
    }
    assert heard(owned, await interact(owned, data)) == say(
        Language.ENGLISH, "error.corpus.too_large", size=100, limit=25
    )


async def test_a_file_that_is_larger_than_it_was_said_to_be_is_declined(owned: World) -> None:
    uploads = owned.bot.corpora.uploads
    uploads._largest = 10
    with pytest.raises(Exception, match=r"error\.corpus\.too_large"):
        await uploads.take("x", "x.txt", b"x" * 11)
    assert kept(owned) == []


NAMES = [
    ("../../etc/passwd", "corpus"),
    ("/etc/cron.d/x.txt", "etc-cron"),
    ("..\\..\\x.txt", "corpus"),
    ("诗.txt", "corpus"),
    (".hidden", "corpus"),
    ("A B_c.tar.gz", "a-b-c"),
    ("x" * 200 + ".txt", "x" * 28),
    ("favorites.txt", "favorites-2"),
]


async def test_no_path_is_made_of_a_files_name(owned: World) -> None:
    for file, name in NAMES:
        assert await owned.bot.corpora.name_for(None, file) == name


async def test_a_path_in_a_files_name_leads_nowhere(owned: World) -> None:
    card = await add(owned, LINES, "../../../x.txt")
    [keep, _] = buttons(card)
    await owned.alice.click(card, custom_id=keep)

    assert len(kept(owned)) == 1
    assert not list(owned.bot.config.storage.dir.parent.glob("x*"))


async def test_a_name_that_is_none_is_declined(owned: World) -> None:
    for name in ("../x", ".waiting", "a/b", "-", "月", "x" * 33, "a b"):
        card = await add(owned, LINES, name=name)

        assert text(card).strip() == say(Language.ENGLISH, "error.corpus.name", limit=32), name


async def test_a_name_is_given_once(owned: World) -> None:
    first = await add(owned, LINES, name="Mine")
    second = await add(owned, LINES, name="mine")
    await owned.alice.click(first, custom_id=next(iter(buttons(first))))
    late = await owned.alice.click(second, custom_id=next(iter(buttons(second))))
    taken = say(Language.ENGLISH, "error.corpus.taken", name="mine")

    assert text(last(owned, late)).strip() == taken
    assert text(await add(owned, LINES, name="mine")).strip() == taken
    assert text(await add(owned, LINES, name=FAVORITES)).strip() == say(
        Language.ENGLISH, "error.corpus.taken", name=FAVORITES
    )
    assert await owned.bot.corpora.name_for(None, "mine.txt") == "mine-2"


async def test_what_is_thrown_away_is_gone(owned: World) -> None:
    card = await add(owned, LINES)
    [_, drop] = buttons(card)
    await owned.alice.click(card, custom_id=drop)

    assert "Thrown away" in text(card)
    assert kept(owned) == []
    assert not list(folder(owned).glob(".waiting/*"))
    assert not list(folder(owned).glob(".removed/*"))


async def test_what_waits_can_be_confirmed_after_a_restart(owned: World, config: Config) -> None:
    card = await add(owned, LINES)
    [keep, _] = buttons(card)
    owner = owned.alice.id
    await owned.bot.close()
    named = config.model_copy(update={"owner": config.owner.model_copy(update={"users": (owner,)})})
    await owned.env.restart_bot(create_bot(named))
    await interact(owned, press(keep), kind=3, message=message(owned, keep))

    assert kept(owned) == ["poems"]


async def test_what_nobody_confirms_goes_after_a_day(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await add(owned, LINES)
    later_on = time.time() + KEPT_WAITING_SECONDS + 60
    monkeypatch.setattr(time, "time", lambda: later_on)
    await add(owned, LINES)
    assert len(list(folder(owned).glob(".waiting/*"))) == 1


async def test_held_out_poems_of_an_upload_are_in_no_training(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    poems = quatrains(40)
    listed = load_corpus_of(owned, poems[:3])
    monkeypatch.setattr("model.corpus.taking.shipped", lambda: listed)
    monkeypatch.setattr("model.corpus.splits.shipped", lambda: listed)
    # In other characters and other marks, and with one character changed: still the same poems.
    disguised = [poems[0].replace("，", ","), "月" + poems[1][1:], poems[2], *poems[3:]]
    card = await add(owned, "\n".join(disguised))
    assert "Held out of every training, by the fixed list:" in text(card)
    assert "fixed list: 0" not in text(card)
    [keep, _] = buttons(card)
    await owned.alice.click(card, custom_id=keep)

    splits = split_corpus(load_corpus(await owned.bot.corpora.path_of("poems")).poems)
    lines = {line for poem in splits.train for line in poem.lines}
    for text_of in poems[:3]:
        assert not lines & set(text_of.strip("。").replace("。", "，").split("，"))


def load_corpus_of(world: World, poems: list[str]) -> HeldOut:
    path = world.bot.config.storage.dir / "listed.txt"
    path.write_text("\n".join(poems), encoding="utf-8")
    return HeldOut.of(load_corpus(path).poems, [])


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_what_was_read_is_told_in_chinese(owned: World, locale: str) -> None:
    await owned.bot.people.choose(owned.alice.id, {"language": locale}, NOW)
    rule_by_rule = "\n".join(
        [
            *(f"{QUIET[:-1]}（一作{n}）。" for n in "甲乙"),
            f"{QUIET[:5]}[一]{QUIET[5:]}",
            f"{STORKS[:3]}、{STORKS[3:]}",
            f"《{STORKS[:3]}》{STORKS[3:]}",
            f"白[日]{STORKS[2:]}",
            "月□山，风。",
            "{汸番}月，山。",
            "月（山，风。",
            "hello 月月月，山。",
            "按：月山风花。",
            "月†山，风。",
            "月" * 20 + "。",
            "月，" * 200 + "山。",
            "（月）",
        ]
    )
    card = await add(owned, rule_by_rule)
    without = re.sub(r"`[^`]*`|poems\.txt", "", text(card))
    assert not re.search("[A-Za-z]", without), text(card)
    [keep, drop] = buttons(card)
    assert {part["label"] for part in buttons(card).values()} == {
        say(Language(locale), "corpus.act.keep"),
        say(Language(locale), "corpus.act.drop"),
    }
    await owned.alice.click(card, custom_id=keep)
    assert not re.search("[A-Za-z]", re.sub(r"`[^`]*`", "", text(card)))
    assert drop not in buttons(card)
