"""/admin corpus download as the owner uses it."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bot.services.children import Children, Running
from bot.services.favorite_corpus import FAVORITES
from model.corpus import load_corpus
from tests.bot.cogs.admin.corpora.conftest import QUIET, STORKS, as_json, folder
from tests.bot.learned import later, told
from tests.bot.owner import said
from tests.bot.support import text
from tests.conftest import World


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
