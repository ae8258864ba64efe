"""Versions of the weights: what is used, what becomes of new ones, and what never goes."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.services.children import ChildFailed
from bot.services.judging import Judge, judgement
from bot.services.poet import PoetService
from bot.services.refusals import NoNetwork, Refusal
from bot.services.shelf import Known
from bot.services.version_refusals import (
    CannotUse,
    ChangedVersion,
    LastVersion,
    NoSuchVersion,
    NothingBefore,
    NotOurWeights,
    ShippedVersion,
    VersionInUse,
)
from bot.services.versions import Versions
from bot.services.worker import Worker
from bot.store.database import Database
from bot.store.versions import VersionRepository
from model.generation import Poet
from model.header import fingerprint, read_header
from model.recipes import PoemRecipe, load_recipe
from model.requests import PoemRequest
from model.shipped import SHIPPED
from tests.bot.versions import BETTER, WORSE, FakeChildren, measured, other_weights, tampered

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


class Place:
    """A data folder, a database, and processes of the bot that share them."""

    def __init__(self, folder: Path, shipped: Path, database: Database, worker: Worker) -> None:
        self.folder = folder
        self.shipped = shipped
        self.database = database
        self.repository = VersionRepository(database)
        self.worker = worker
        self.children = FakeChildren(evaluate=measured(BETTER))
        self.held_out: Path | None = None
        self.corpora = {"chinese-poetry"}
        self.made = 0

    def now(self) -> datetime:
        self.made += 1
        return BEGIN + timedelta(minutes=self.made)

    async def find(self, name: str) -> Path:
        if name not in self.corpora:
            raise NoSuchVersion(name=name)
        return self.folder / name

    async def start(self, process: str = "0 of 1") -> Versions:
        poet = PoetService(
            self.worker, network="auto", folder=self.shipped, device="cpu", queue=9, server_queue=9, batch=4
        )
        judge = Judge(self.children, self.folder, lambda: self.held_out, self.find, "chinese-poetry")
        versions = Versions(
            self.repository, poet, judge, folder=self.folder, shipped=self.shipped, process=process, now=self.now
        )
        await versions.begin()
        return versions

    async def process(self, process: str = "0 of 1") -> Versions:
        versions = await self.start(process)
        await versions._poet.compose(PoemRequest(seed=1))
        return versions

    def trained(self, number: int) -> Path:
        return other_weights(
            self.shipped / "gru.safetensors", self.folder / f"{number}.safetensors", factor=1 + number / 10
        )


@pytest.fixture
async def place(tmp_path: Path, weights: Path, worker: Worker) -> AsyncIterator[Place]:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name in ("gru", "adder"):
        shutil.copy(weights / f"{name}.safetensors", shipped)
    database = await Database.open(tmp_path / "t.db")
    yield Place(tmp_path, shipped, database, worker)
    await database.close()


async def written_by(versions: Versions) -> str:
    return (await versions._poet.compose(PoemRequest(seed=1))).weights


async def test_a_better_network_takes_over_and_is_followed(place: Place) -> None:
    here, there = await place.process(), await place.process()
    old = fingerprint(place.shipped / "gru.safetensors")
    verdict = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")

    assert (verdict.name, verdict.promoted, verdict.reason) == ("gru-1", True, "better")
    assert verdict.figures["bits"] == 7.9
    new = fingerprint(await here.path_of("gru-1"))
    assert await written_by(here) == new != old
    assert await written_by(there) == old
    await there.follow()
    assert await written_by(there) == new
    assert [(one.name, one.in_use) for one in await there.all()] == [("gru-1", True), ("gru", False)]
    # After a restart, too.
    assert await written_by(await place.process()) == new


async def test_it_is_held_against_what_is_in_use_on_the_held_out_poems(place: Place) -> None:
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    await here.consider(place.trained(2), job_id=2, recipe="gru", corpus="tang")

    found, first, second = place.children.asked
    assert found[:2] == ["corpus", "listed"]
    assert first[first.index("--against") + 1] == str(place.shipped / "gru.safetensors")
    assert second[second.index("--against") + 1] == str(await here.path_of("gru-1"))
    assert first[first.index("--poems") + 1] == second[second.index("--poems") + 1]
    assert first[first.index("--verse") + 1] == "200"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (measured(WORSE), "not_better"),
        (measured(BETTER | {"high": 0.001}), "not_better"),
        (measured(BETTER, kept=197), "verse"),
        (ChildFailed("time", "it took longer"), "not_measured"),
    ],
)
async def test_one_that_is_not_better_is_left_to_the_owner(place: Place, answer: Any, reason: str) -> None:
    place.children.answers["evaluate"] = answer
    here = await place.process()
    verdict = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")

    assert (verdict.promoted, verdict.reason) == (False, reason)
    assert await written_by(here) == fingerprint(place.shipped / "gru.safetensors")
    assert [one.name for one in await place.repository.untold()] == ["gru-1"]
    await here.use("gru-1")
    assert await written_by(here) == fingerprint(await here.path_of("gru-1"))


@pytest.mark.parametrize("listed", [0, 24])
async def test_without_held_out_poems_nothing_is_better(place: Place, listed: int) -> None:
    place.children.answers["listed"] = listed
    here = await place.process()
    verdict = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="unknown")

    assert (verdict.promoted, verdict.reason, verdict.figures) == (False, "no_poems", {})


async def test_the_corpus_itself_may_hold_the_poems(place: Place) -> None:
    place.corpora = {"mine"}
    here = await place.process()
    verdict = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="mine")

    assert verdict.reason == "better"
    assert str(place.folder / "mine") in place.children.asked[0]


async def test_a_job_is_considered_once(place: Place) -> None:
    here = await place.process()
    first = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    place.children.answers["evaluate"] = measured(WORSE)

    assert await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang") == first


@pytest.mark.parametrize("kind", ["foreign", "tampered", "adder", "missing", "cut"])
async def test_weights_that_are_none_of_ours_are_refused(place: Place, kind: str) -> None:
    here = await place.process()
    path = place.folder / "new.safetensors"
    good = place.shipped / "gru.safetensors"
    if kind == "foreign":
        path.write_bytes(b"not weights at all")
    elif kind == "tampered":
        tampered(good, path)
    elif kind == "adder":
        shutil.copy(place.shipped / "adder.safetensors", path)
    elif kind == "cut":
        path.write_bytes(good.read_bytes()[:-100])
    with pytest.raises(NotOurWeights):
        await here.consider(path, job_id=1, recipe="gru", corpus="tang")

    assert await here.names() == ["gru"]
    assert not list(place.folder.glob("models/*"))


@pytest.mark.parametrize("recipe", ["../../etc", "", "poet/../x", "POET 月"])
async def test_a_version_is_named_without_paths(place: Place, recipe: str) -> None:
    here = await place.process()
    verdict = await here.consider(place.trained(1), job_id=7, recipe=recipe, corpus="tang")

    assert verdict.name in {"etc-7", "weights-7", "poet-x-7", "poet-7"}
    assert (await here.path_of(verdict.name)).parent == place.folder / "models"


async def test_a_file_that_changed_is_not_used(place: Place) -> None:
    place.children.answers["evaluate"] = measured(WORSE)
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    path = await here.path_of("gru-1")
    tampered(path, path)
    with pytest.raises(ChangedVersion):
        await here.use("gru-1")
    path.unlink()
    with pytest.raises(ChangedVersion):
        await here.use("gru-1")

    assert await written_by(here) == fingerprint(place.shipped / "gru.safetensors")
    assert await place.repository.current() is None


async def test_one_that_cannot_be_loaded_leaves_the_old_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = await place.process(), await place.process()

    async def fail(path: Path | None) -> None:
        raise NoNetwork("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(here._poet, "swap", fail)
        verdict = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
        with pytest.raises(CannotUse):
            await here.use("gru-1")
    assert (verdict.promoted, verdict.reason) == (False, "cannot_use")
    assert here.fault == "gru-1"
    assert await place.repository.current() is None

    await here.use("gru-1")
    assert here.fault is None
    with monkeypatch.context() as patch:
        patch.setattr(there._poet, "swap", fail)
        await there.follow()
    assert there.fault == "gru-1"
    assert await written_by(there) == fingerprint(place.shipped / "gru.safetensors")


async def test_a_version_that_is_gone_at_the_start_leaves_the_default(place: Place) -> None:
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    (await here.path_of("gru-1")).unlink()
    again = await place.process()

    assert again.fault == "gru-1"
    assert await written_by(again) == fingerprint(place.shipped / "gru.safetensors")


async def test_a_row_that_cannot_be_written_is_no_change(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.children.answers["evaluate"] = measured(WORSE)
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    await here.consider(place.trained(2), job_id=2, recipe="gru", corpus="tang")
    await here.use("gru-1")

    async def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(place.repository, "use", fail)
        with pytest.raises(sqlite3.OperationalError):
            await here.use("gru-2")
    await here.follow()
    assert await written_by(here) == fingerprint(await here.path_of("gru-1"))


async def test_one_goes_back_step_by_step(place: Place) -> None:
    place.children.answers["evaluate"] = measured(WORSE)
    here = await place.process()
    with pytest.raises(NothingBefore):
        await here.roll_back()
    for number in (1, 2, 3):
        await here.consider(place.trained(number), job_id=number, recipe="gru", corpus="tang")
        await here.use(f"gru-{number}")
    assert await here.roll_back() == "gru-2"
    await here.delete("gru-1")
    # What is gone is passed over.
    assert await here.roll_back() is None
    assert await written_by(here) == fingerprint(place.shipped / "gru.safetensors")
    with pytest.raises(NothingBefore):
        await here.roll_back()
    await here.use("gru-3")
    assert await here.roll_back() is None


async def test_what_may_not_be_deleted(place: Place) -> None:
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    refused: list[tuple[str, type[Refusal]]] = [("gru-1", VersionInUse), ("gru", ShippedVersion), ("x", NoSuchVersion)]
    for name, kind in refused:
        with pytest.raises(kind):
            await here.delete(name)
    with pytest.raises(NoSuchVersion):
        await here.path_of("x")
    await here.use("gru")
    await here.delete("gru-1")
    assert await here.names() == ["gru"]
    assert not list(place.folder.glob("models/*"))


async def test_what_another_process_uses_is_not_deleted(place: Place) -> None:
    here, there = await place.process(), await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    with pytest.raises(VersionInUse):
        await there.delete("gru-1")


async def test_the_last_that_can_write_is_not_deleted(place: Place) -> None:
    place.children.answers["evaluate"] = measured(WORSE)
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    (place.shipped / "gru.safetensors").unlink()
    with pytest.raises(LastVersion):
        await here.delete("gru-1")


async def test_requests_in_flight_finish_with_the_old_network(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Poems are asked for all the time while the weights change to and fro: each comes from one or the other, whole."""
    place.children.answers["evaluate"] = measured(WORSE)
    here = await place.process()
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    done: list[str] = []

    async def ask() -> None:
        for seed in range(6):
            poem = await here._poet.compose(PoemRequest(seed=seed))
            done.append(poem.weights)

    async def change() -> None:
        for name in ("gru-1", "gru", "gru-1"):
            await here.use(name)

    await asyncio.gather(change(), *(ask() for _ in range(4)))
    both = {fingerprint(place.shipped / "gru.safetensors"), fingerprint(await here.path_of("gru-1"))}
    assert len(done) == 24
    assert set(done) <= both
    assert await written_by(here) == fingerprint(await here.path_of("gru-1"))


FAVORITES = {"poems": 715, "bits": 8.1, "high": 0.2, "ratio": 1.019, "kept": 200, "written": 200}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"favorites_poems": 5, "favorites_high": -0.1}, "favorites_better"),
        ({"favorites_poems": 5, "favorites_high": 0.0}, "favorites_not_better"),
        ({"favorites_poems": 4, "favorites_high": -0.1}, "few_favorites"),
        ({}, "few_favorites"),
        ({"favorites_poems": 5, "favorites_high": -0.1, "ratio": 1.021}, "tang_worse"),
        ({"favorites_poems": 5, "favorites_high": -0.1, "kept": 197}, "verse"),
    ],
)
def test_taste_may_cost_two_per_cent_of_old_verse(changes: dict[str, float], verdict: str) -> None:
    assert judgement(FAVORITES | changes, "favorites") == verdict


def test_where_nothing_writes_the_first_is_the_best() -> None:
    assert judgement({"poems": 715, "kept": 200, "written": 200}, "tang") == "first"
    assert judgement({}, "tang") == "no_poems"


async def test_favourites_are_measured_beside_old_verse(place: Place) -> None:
    place.held_out = place.folder / "favorites" / "held-out.json"
    place.children.answers["favorites"] = {"poems": 9, "perplexity_per_character": 90.0, "versus": BETTER}
    place.children.answers["evaluate"] = measured(WORSE)
    here = await place.process()
    verdict = await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="favorites")

    assert (verdict.promoted, verdict.reason) == (True, "favorites_better")
    assert (verdict.figures["favorites_bits"], verdict.figures["bits"]) == (7.9, 8.1)


async def test_the_first_network_of_all_is_used(place: Place) -> None:
    path = place.trained(1)
    (place.shipped / "gru.safetensors").unlink()
    place.children.answers["evaluate"] = measured()
    versions = await place.start()
    verdict = await versions.consider(path, job_id=1, recipe="gru", corpus="tang")

    assert verdict.reason == "first"
    assert "--against" not in place.children.asked[-1]
    assert await written_by(versions) == fingerprint(path)


async def test_each_process_says_what_it_uses(place: Place) -> None:
    await place.process("0 of 1")
    here, there = await place.process("0 of 2"), await place.process("1 of 2")
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    await there.follow()
    assert [(one.process, one.name) for one in await here.loaded()] == [("0 of 2", "gru-1"), ("1 of 2", "gru-1")]
    again = await place.process("0 of 2")
    assert [(one.process, one.name) for one in await again.loaded()] == [("0 of 2", "gru-1"), ("1 of 2", "gru-1")]


async def test_a_bot_that_is_stopped_before_the_change_makes_it_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await place.process()

    async def stop(*_: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(here, "use", stop)
        with pytest.raises(asyncio.CancelledError):
            await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    again = await place.process()
    assert await written_by(again) == fingerprint(place.shipped / "gru.safetensors")
    verdict = await again.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    assert (verdict.promoted, verdict.reason) == (True, "better")
    assert await written_by(again) == fingerprint(await again.path_of("gru-1"))


async def test_a_network_that_cannot_begin_a_poem_is_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    here = await place.process()

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(Poet, "compose", fail)
        with pytest.raises(NotOurWeights) as told:
            await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    assert "out of memory" in str(told.value.values["reason"])


async def test_files_beside_the_weights_are_none(place: Place) -> None:
    shutil.copy(place.shipped / "gru.safetensors", place.shipped / "adder.certificate.safetensors")
    (place.shipped / "broken.safetensors").write_bytes(b"x")
    assert await (await place.process()).names() == ["gru"]


@pytest.mark.parametrize(("name", "recipe"), [("lstm", "lstm-fast"), ("poet", "poet-taste"), ("gru", "gru")])
def test_a_recipe_fits_weights_of_the_same_network(name: str, recipe: str) -> None:
    path = SHIPPED / f"{name}.safetensors"
    known = Known(name, path, read_header(path), 0, None, in_use=False)
    wanted = load_recipe(recipe)
    assert isinstance(wanted, PoemRecipe)
    assert known.fits(wanted)
    assert not known.fits(wanted.model_copy(update={"hidden": wanted.hidden + 1}))
    damaged = replace(known, header=known.header.model_copy(update={"configuration": {}}))
    assert not damaged.fits(wanted)
