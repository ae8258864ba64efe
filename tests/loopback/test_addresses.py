"""A proxy that stands before Discord: where the bot asks instead, and that it says so."""

import asyncio
import logging
from ipaddress import ip_address
from pathlib import Path

import discord
import pytest
import yarl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import sections
from bot.config import Config, ConfigError, load_config
from bot.operations import running as process
from bot.operations.addresses import use_addresses
from loopback.rest import TOKEN
from loopback.server import standing_in


def with_addresses(config: Config, **addresses: str) -> Config:
    return config.model_copy(update={"discord": config.discord.model_copy(update=addresses)})


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
        ("api", "http://local\thost/api"),
        ("api", "http://localhost\\@evil.example/api"),
        ("api", "http://①②⑦.0.0.1/api"),
        ("gateway", "ws://proxy.example"),
        ("gateway", "https://proxy.example"),
    ],
)
def test_addresses_that_would_give_the_token_away(tmp_path: Path, setting: str, address: str) -> None:
    with pytest.raises(ConfigError, match=rf"^discord\.{setting}: "):
        load_config(overrides={f"discord.{setting}": address}, folder=tmp_path)


SIGNS = [*"/:@#?[].%01x\\\t\n 。ı", "://", "//"]
NAMES = ["127.0.0.1", "localhost", "LOCALHOST", "::1", "127.1", "0x7f.1", "evil.example"]
PIECES = st.sampled_from([*SIGNS, *NAMES, "http", "https", "ws", "wss"])


@example("http://127.0.0.1/api", "http")
@example("https://evil.example", "http")
@given(st.lists(PIECES, min_size=1, max_size=9).map("".join), st.sampled_from(["http", "ws"]))
@settings(max_examples=200)
def test_whatever_is_taken_is_safe_for_those_who_go_there(text: str, scheme: str) -> None:
    """aiohttp reads addresses with another parser than the settings do."""
    try:
        taken = sections._address(scheme)(text)
    except ValueError:
        return
    url = yarl.URL(taken)

    assert url.scheme in {scheme, f"{scheme}s"}
    assert url.scheme == f"{scheme}s" or url.host == "localhost" or ip_address(url.host or "").is_loopback
    assert url.user is None
