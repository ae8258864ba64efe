"""New weights: what they are held against, and whether they take over."""

import asyncio
import shutil
from typing import Any

import pytest

from bot.services.children import ChildFailed
from bot.services.judging import judgement
from bot.services.version_refusals import NotOurWeights
from model.generation import Poet
from model.header import fingerprint
from tests.bot.services.versions.conftest import Place, written_by
from tests.bot.versions import BETTER, WORSE, measured, tampered


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
