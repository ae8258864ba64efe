"""Versions of the weights: what is used, and what never goes."""

import asyncio
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.services.refusals import NoNetwork, Refusal
from bot.services.shelf import Known
from bot.services.version_refusals import (
    CannotUse,
    ChangedVersion,
    LastVersion,
    NoSuchVersion,
    NothingBefore,
    ShippedVersion,
    VersionInUse,
)
from model.header import fingerprint, read_header
from model.recipes import PoemRecipe, load_recipe
from model.requests import PoemRequest
from model.shipped import SHIPPED
from tests.bot.services.versions.conftest import Place, written_by
from tests.bot.versions import WORSE, measured, tampered


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


async def test_each_process_says_what_it_uses(place: Place) -> None:
    await place.process("0 of 1")
    here, there = await place.process("0 of 2"), await place.process("1 of 2")
    await here.consider(place.trained(1), job_id=1, recipe="gru", corpus="tang")
    await there.follow()
    assert [(one.process, one.name) for one in await here.loaded()] == [("0 of 2", "gru-1"), ("1 of 2", "gru-1")]
    again = await place.process("0 of 2")
    assert [(one.process, one.name) for one in await again.loaded()] == [("0 of 2", "gru-1"), ("1 of 2", "gru-1")]


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
