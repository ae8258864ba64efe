"""/admin corpus as the owner uses it: files of any kind are read, told of, and kept apart until they are confirmed."""

import asyncio
import io
import json
import re
import tarfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from simcord import ResponseMessage

from bot.app import create_bot
from bot.config import Config
from bot.services.children import Children, Running
from bot.services.favorite_corpus import FAVORITES
from bot.services.uploads import KEPT_WAITING_SECONDS
from bot.words import Language, say
from model.corpus import load_corpus, split_corpus
from model.corpus.held_out import HeldOut
from tests.bot.keeping import NOW
from tests.bot.learned import asked, at_once, last, later, told
from tests.bot.owner import admin, heard, message, owned_by_alice, press, said
from tests.bot.support import buttons, interact, text
from tests.conftest import World
from tests.model.learning import quatrains

__all__ = ["at_once"]

pytestmark = pytest.mark.usefixtures("at_once")

QUIET = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
STORKS = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
LINES = f"静夜思:{QUIET}\n登鹳雀楼:{STORKS}\n又:{QUIET}\n缺:月□山，\n英:hello 月\n"


@pytest.fixture
def owned(world: World) -> World:
    return owned_by_alice(world)


async def add(world: World, content: bytes | str, file: str = "poems.txt", **options: Any) -> ResponseMessage:
    content = content.encode() if isinstance(content, str) else content
    return await asked(world, "corpus add", file=(file, content), **options)


def folder(world: World) -> Path:
    return world.bot.config.storage.dir / "corpora"


def kept(world: World) -> list[str]:
    """What lies in the folder, without what waits."""
    return sorted(path.name for path in folder(world).glob("[!.]*"))


def archive(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def as_json(*texts: str) -> bytes:
    return json.dumps([{"title": "", "author": "", "paragraphs": [text]} for text in texts]).encode()


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


async def fetched(world: World) -> None:
    """Until the download has ended, however slow this machine is, and the owner is told."""
    download = world.bot.corpora._download
    if download is not None:
        await asyncio.to_thread(ended, download.child)
    await later(world)


def ended(child: Running) -> None:
    while child.runs:
        time.sleep(0.01)


async def test_old_poems_are_fetched_and_the_end_is_told(
    owned: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "poet.tang.0.json").write_bytes(as_json(QUIET, STORKS))
    begin = owned.bot.corpora.download
    monkeypatch.setattr(owned.bot.corpora, "download", lambda person_id: begin(person_id, "--from", str(copy)))
    assert "is being fetched" in await said(owned, "corpus download")
    await fetched(owned)

    [message] = told(owned, owned.alice.id)
    assert "`chinese-poetry` is fetched" in text(message)
    assert [poem.dynasty for poem in load_corpus(await owned.bot.corpora.path_of("chinese-poetry")).poems] == [
        "tang"
    ] * 2
    await later(owned)
    assert len(told(owned, owned.alice.id)) == 1


async def test_a_download_that_fails_is_told_and_can_go_on(
    owned: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = owned.bot.corpora.download
    monkeypatch.setattr(owned.bot.corpora, "download", lambda person_id: begin(person_id, "--from", str(tmp_path)))
    await said(owned, "corpus download")
    await fetched(owned)

    assert "could not be fetched" in text(told(owned, owned.alice.id)[0])
    assert await owned.bot.corpora.names() == [FAVORITES]


async def test_only_one_download_runs_and_what_it_brings_is_not_there_before_its_end(
    owned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate = threading.Event(), threading.Event()

    def wait(*_: Any) -> dict[str, Any]:
        (folder(owned) / "chinese-poetry").mkdir(parents=True)
        (folder(owned) / "chinese-poetry" / "poet.tang.0.json").write_bytes(as_json(QUIET))
        begun.set()
        gate.wait(30)
        return {"files": 1}

    monkeypatch.setattr(Children, "_run", wait)
    try:
        assert "is being fetched" in await said(owned, "corpus download")
        assert "being fetched already" in await said(owned, "corpus download")
        await asyncio.to_thread(begun.wait, 30)
        assert "not complete" in await said(owned, "corpus list")
        assert await owned.bot.corpora.names() == [FAVORITES]
        assert "is being fetched" in await said(owned, "corpus remove", corpus="chinese-poetry")
    finally:
        gate.set()


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
