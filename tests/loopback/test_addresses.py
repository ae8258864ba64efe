"""A proxy that stands before Discord: where the bot asks instead, and that it says so."""

import asyncio
import logging
import signal
from pathlib import Path

import discord
import pytest
from pydantic import SecretStr

from bot.config import Config, ConfigError, load_config
from bot.operations import running as process
from bot.operations.addresses import use_addresses
from loopback.people import Channel
from loopback.rest import TOKEN
from loopback.running import running
from loopback.server import StandIn, standing_in


def with_addresses(config: Config, **addresses: str) -> Config:
    return config.model_copy(update={"discord": config.discord.model_copy(update=addresses)})


async def test_an_unmodified_process_finds_discord_by_its_settings(
    stand_in: StandIn, config: Config, poems: Channel
) -> None:
    async with running(config, stand_in) as bot:
        await bot.says("Ready as poet")
        bot.send(signal.SIGTERM)
        assert await bot.end() == 0, bot.log

    for setting, address in (("api", stand_in.base), ("gateway", stand_in.gateway.url)):
        assert f"[discord] {setting} is not Discord's own: the token goes to {address}" in bot.log
    assert TOKEN not in bot.log


async def test_the_gateway_of_the_settings_goes_over_the_one_that_discord_names(config: Config) -> None:
    async with standing_in() as rest, standing_in() as proxy:
        configured = with_addresses(config, api=rest.base, gateway=proxy.gateway.url)
        use_addresses(configured.discord)
        serving = asyncio.create_task(process.serve(configured, SecretStr(TOKEN)))
        await proxy.until(lambda: proxy.gateway.ready, while_runs=serving)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

        assert rest.count("GET", "gateway/bot") == 1  # which named its own
        assert not rest.gateway.identified


def test_discords_own_addresses_are_no_news(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    base = discord.http.Route.BASE
    use_addresses(config.discord)

    assert not caplog.records
    assert base == discord.http.Route.BASE


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("api", "https://proxy.example/api/v10"),
        ("api", "http://127.0.0.1:8080/api/v10"),
        ("api", "http://localhost:8080/api/v10/"),
        ("api", "http://[::1]:8080"),
        ("gateway", "wss://proxy.example"),
        ("gateway", "ws://127.9.9.9:1"),
    ],
)
def test_addresses_that_keep_the_token(tmp_path: Path, setting: str, address: str) -> None:
    config = load_config(overrides={f"discord.{setting}": address}, folder=tmp_path)

    assert getattr(config.discord, setting) == address.rstrip("/")


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("api", "http://proxy.example/api/v10"),
        ("api", "http://10.0.0.1/api/v10"),
        ("api", "http://127.0.0.1.evil.example/api"),
        ("api", "http://localhost@evil.example/api"),
        ("api", "http://someone@127.0.0.1/api"),
        ("api", "wss://proxy.example"),
        ("api", "https://proxy.example/api?x=1"),
        ("api", "https://proxy.example/api#x"),
        ("api", "https://proxy.example:99999/api"),
        ("api", "https:///api"),
        ("api", "http://[::1"),
        ("api", "proxy.example"),
        ("gateway", "ws://proxy.example"),
        ("gateway", "https://proxy.example"),
    ],
)
def test_addresses_that_would_give_the_token_away(tmp_path: Path, setting: str, address: str) -> None:
    with pytest.raises(ConfigError, match=rf"^discord\.{setting}: "):
        load_config(overrides={f"discord.{setting}": address}, folder=tmp_path)
