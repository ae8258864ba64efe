"""A world in which all is well, for each check to find something wrong in."""

import os
from pathlib import Path

import pytest

from bot.config import Config
from bot.operations import checks
from bot.operations.checks import Check, State
from tests.bot.typefaces import typeface

SAMPLES = "".join(checks._SAMPLES.values())


async def ask_nobody(*_: object) -> list[Check]:
    """What Discord says is tested against the stand-in."""
    return []


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("TANGPOET_", "DISCORD_TOKEN"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("bot.operations.checks.load_token.__defaults__", (tmp_path,))
    monkeypatch.setattr("bot.operations.doctor.load_config.__defaults__", (None, None, tmp_path))
    monkeypatch.setattr("bot.operations.doctor.ask_discord", ask_nobody)


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    font = typeface(tmp_path / "kai.ttf", SAMPLES)
    return config.model_copy(update={"picture": config.picture.model_copy(update={"font": str(font)})})


def changed(config: Config, section: str, **values: object) -> Config:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=values)})


def assert_is(check: Check, state: State, *said: str) -> None:
    assert check.state is state, check
    assert bool(check.mend) is (state is not State.OK)
    for part in said:
        assert part in f"{check.found} {check.mend}", check
