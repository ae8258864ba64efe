"""/healthz and /metrics, as a program that watches the bot reads them."""

import re
import socket
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app import PoetBot
from bot.config import ROOT, Config, ConfigError
from bot.operations.backups import Reason, make_backup
from bot.operations.stamps import Part, Stamps
from bot.share import Share
from bot.store.poems import PoemRepository
from loopback.people import Channel, Person
from loopback.running import connected, noted
from loopback.server import StandIn
from tests.loopback.test_health import alive, until

pytestmark = pytest.mark.usefixtures("quick_pulse")


@pytest.fixture
def config(config: Config) -> Config:
    """With a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return config.model_copy(update={"metrics": config.metrics.model_copy(update={"port": port})})


async def fetch(config: Config, page: str) -> tuple[int, str, str]:
    address = f"http://{config.metrics.host}:{config.metrics.port}/{page}"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status, response.content_type, await response.text()


async def samples(config: Config) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All that is measured, by name and labels."""
    status, kind, text = await fetch(config, "metrics")
    assert (status, kind) == (200, "text/plain")
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def named(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"tangpoet_{name}", frozenset(labels.items())


async def test_what_is_measured(stand_in: StandIn, bot: PoetBot, config: Config, alice: Person, poems: Channel) -> None:
    await until(lambda: alive(config) == set(Part))
    for _ in range(2):
        await stand_in.answer(await stand_in.types(alice, poems, "poem", start="月"))
    await stand_in.answer(await stand_in.types(alice, poems, "poem", start="x"))
    await noted(bot, "SELECT 1")
    make_backup(config.storage.dir, config.model.dir, Reason.ASKED, datetime.now(UTC))
    found = await samples(config)
    [(characters,)] = await noted(bot, "SELECT sum(length(text)) FROM poems")

    assert found[named("request_seconds_count", command="poem")] == 3
    assert found[named("request_seconds_sum", command="poem")] > 0
    assert found[named("errors_total", kind="error.start.not_han")] == 1
    assert found[named("batch_size_sum", desk="poems")] == 2
    assert found[named("batch_seconds_count", desk="poems")] == 2
    assert found[named("characters_total")] == characters
    assert found[named("characters_per_second")] > 0
    assert found[named("loop_lag_seconds_count")] > 0
    assert 0 <= found[named("gateway_age_seconds", shard="0")] < 60
    assert found[named("queue_depth", desk="poems")] == 0
    assert found[named("queue_depth", desk="sums")] == 0
    assert found[named("servers")] == 1
    assert found[named("database_bytes")] > 100_000
    assert -2 < found[named("backup_age_seconds")] < 600
    for part in Part:
        assert found[named("alive_age_seconds", part=part)] < 60


async def test_every_metric_is_explained(bot: PoetBot, config: Config) -> None:
    """And nothing else is."""
    make_backup(config.storage.dir, config.model.dir, Reason.ASKED, datetime.now(UTC))
    _, _, text = await fetch(config, "metrics")
    families = {family.name for family in text_string_to_metric_families(text)}
    told = {name for name in families if name.startswith("tangpoet") and not name.endswith("_created")}
    explained = re.findall(r"^\| `(tangpoet_\w+)` \|", (ROOT / "docs/operations.md").read_text("utf-8"), re.MULTILINE)

    assert {name.removesuffix("_total") for name in explained} == told


async def test_an_error_is_counted_by_its_kind(
    stand_in: StandIn, bot: PoetBot, config: Config, alice: Person, poems: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(PoemRepository, "add", fail)
    asked = await stand_in.types(alice, poems, "poem")
    await stand_in.until(lambda: asked.followups)
    await noted(bot, "SELECT 1")

    assert (await samples(config))[named("errors_total", kind="error.unexpected")] == 1


async def test_jobs_are_counted_by_their_state(
    bot: PoetBot, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with bot.database.transaction() as transaction:
        for state in ("queued", "failed", "failed"):
            await transaction.execute(
                "INSERT INTO jobs (kind, recipe, corpus, origin, changes, seed, state, asked_at)"
                " VALUES ('retrain', 'lstm', '', '', '{}', 1, ?, 0)",
                (state,),
            )
    found = await samples(config)
    jobs = {state: found[named("jobs", state=state)] for state in ("queued", "running", "failed")}
    assert jobs == {"queued": 1, "running": 0, "failed": 2}

    async def locked() -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(bot.jobs.store, "counts", locked)
    found = await samples(config)
    assert named("jobs", state="queued") not in found
    assert named("servers") in found
    assert "Jobs could not be counted: database is locked" in caplog.text


async def test_health_is_told_and_what_is_stuck(bot: PoetBot, config: Config) -> None:
    await until(lambda: alive(config) == set(Part))
    assert (await fetch(config, "healthz"))[0] == 200
    Stamps(config.storage.dir, Share()).stamp(Part.NETWORKS, 61.0)
    status, kind, text = await fetch(config, "healthz")

    assert (status, kind) == (503, "application/json")
    assert '"stuck": ["networks"]' in text
    assert (await fetch(config, "elsewhere"))[0] == 404


async def test_a_port_that_is_taken_ends_the_start_with_its_setting(
    stand_in: StandIn, poems: Channel, config: Config
) -> None:
    refused = pytest.raises(ConfigError, match=rf"^metrics.port: cannot listen on 127.0.0.1:{config.metrics.port}")
    with socket.create_server((config.metrics.host, config.metrics.port)), refused:
        async with connected(config, stand_in):
            pass
    async with connected(config, stand_in):  # nothing of it was left open
        assert (await fetch(config, "metrics"))[0] == 200


async def test_by_default_nothing_is_served(config: Config) -> None:
    settings: Mapping[str, Any] = Config.model_fields
    assert "metrics" in settings
    text = (ROOT / "config.toml").read_text("utf-8")
    assert "\nport = 0 " in text


async def test_pages_have_no_secrets(
    stand_in: StandIn, bot: PoetBot, config: Config, alice: Person, poems: Channel, tmp_path: Path
) -> None:
    asked = await stand_in.types(alice, poems, "poem", start="月")
    await stand_in.answer(asked)
    text = "".join([(await fetch(config, page))[2] for page in ("metrics", "healthz")])

    for secret in (bot.http.token, asked.token, str(alice.id), str(poems.id), "月", str(tmp_path)):
        assert secret is not None
        assert secret not in text
