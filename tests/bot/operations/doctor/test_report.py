"""`python -m bot doctor`: what it prints, and its exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.config import ROOT
from tests.bot.operations.doctor.conftest import SAMPLES
from tests.bot.typefaces import typeface

GOOD_TOKEN = "MTIz.Gabc_d.e-f"


@pytest.fixture
def well(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments for a doctor who finds all well."""
    font = typeface(tmp_path / "kai.ttf", SAMPLES)
    settings: dict[str, dict[str, object]] = {
        "storage": {"dir": tmp_path / "run"},
        "model": {"dir": weights, "device": "cpu"},
        "picture": {"font": font},
    }
    (tmp_path / "settings.toml").write_text(
        "".join(
            f"[{section}]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items())
            for section, values in settings.items()
        )
    )
    monkeypatch.setenv("DISCORD_TOKEN", GOOD_TOKEN)
    return ["doctor", "--config", str(tmp_path / "settings.toml")]


def test_all_is_well(well: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*well, "--json"]) == 0
    printed = capsys.readouterr().out
    found: list[Mapping[str, Any]] = json.loads(printed)

    assert [check["name"] for check in found] == [
        "settings",
        "token",
        "data folder",
        "disk space",
        "database",
        "backups",
        "poem network",
        "adder",
        "device",
        "typeface",
        "clock",
    ]
    assert {check["state"] for check in found} == {"ok"}, found
    assert GOOD_TOKEN not in printed


def test_what_is_not_well_stands_in_a_table_with_what_to_do(
    well: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("DISCORD_TOKEN")
    assert main(well) == 1
    lines = capsys.readouterr().out.splitlines()

    [line] = [line for line in lines if "token" in line and "failed" in line]
    assert "There is none." in line
    assert "Set DISCORD_TOKEN" in line
    assert sum(" ok " in line for line in lines) == 10


def test_warnings_alone_end_well(well: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "of another shape")

    assert main([*well, "--json"]) == 0


def test_wrong_settings_are_named_and_the_token_is_looked_at_all_the_same(
    well: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text("[poem]\ntemperature = 9\nnothing = 1\n")
    assert main([*well, "--json"]) == 1
    settings, token = json.loads(capsys.readouterr().out)

    assert settings["state"] == "fail"
    assert "poem.temperature" in settings["found"]
    assert "poem.nothing" in settings["found"]
    assert token["state"] == "ok"


def test_a_path_is_no_markup(well: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "settings.toml").open("a") as file:
        file.write(f'[log]\nlevel = "info"\n[limits]\nqueue = 7\n[storage2]\ndir = "{tmp_path}/[red]x[/]"\n')

    assert main(well) == 1
    assert "storage2" in capsys.readouterr().out


def test_the_process_ends_with_its_code(well: list[str], tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANGPOET_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *well, "--json"],
        env=kept
        | {
            "TANGPOET_STORAGE__DIR": str(tmp_path / "kai.ttf" / "run"),
            "TANGPOET_DISCORD__API": "http://127.0.0.1:9/nobody",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    found = {check["name"]: check["state"] for check in json.loads(done.stdout)}
    assert done.returncode == 1
    assert (found["data folder"], found["Discord"]) == ("fail", "fail")
