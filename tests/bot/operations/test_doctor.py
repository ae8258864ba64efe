"""`python -m bot doctor`: each check in a world where it fails, and one in which all is well."""

import builtins
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.__main__ import main
from bot.config import ROOT, Config
from bot.operations import checks
from bot.operations.backups import Reason, make_backup
from bot.operations.checks import Check, State
from bot.operations.lock import FolderLock
from bot.services import fonts
from bot.store.database import DATABASE, Database, known_migrations
from model.script import Script
from tests.bot.typefaces import typeface

GOOD_TOKEN = "MTIz.Gabc_d.e-f"
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


# The token.


def test_a_token_that_is_missing_fails() -> None:
    assert_is(checks.check_token(), State.FAIL, "There is none", "Set DISCORD_TOKEN")


def test_a_token_file_that_cannot_be_read_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "none"))

    assert_is(checks.check_token(), State.FAIL, "DISCORD_TOKEN_FILE: cannot read")


@pytest.mark.parametrize("token", ["abc", "0123456789abcdef0123456789abcdef", "a.b", "a.b.c d"])
def test_what_is_no_token_is_suspected_and_not_shown(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    check = checks.check_token()

    assert_is(check, State.WARN, "client secret")
    assert token not in check.found


# The data folder and the database.


def test_a_folder_that_is_not_there_yet_is_made_later(config: Config) -> None:
    assert_is(checks.check_folder(config), State.OK, "made at the first start")
    assert not config.storage.dir.exists()


def test_a_folder_that_cannot_be_made_fails(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert_is(checks.check_folder(changed(config, "storage", dir=tmp_path / "file" / "run")), State.FAIL, "cannot be")


def test_a_folder_that_cannot_be_written_fails(config: Config) -> None:
    config.storage.dir.mkdir()
    (config.storage.dir / "lock").mkdir()

    assert_is(checks.check_folder(config), State.FAIL, "cannot write in", "[storage] dir")


def test_a_folder_in_which_a_bot_runs_is_said_so(config: Config) -> None:
    lock = FolderLock.take(config.storage.dir)
    assert_is(checks.check_folder(config), State.WARN, "A bot is running")
    lock.release()
    assert_is(checks.check_folder(config), State.OK)


@pytest.mark.parametrize(("free", "state"), [(50, State.FAIL), (500, State.WARN), (5_000, State.OK)])
def test_space_that_runs_out_is_told(config: Config, monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free * checks.MIB))

    assert_is(checks.check_space(config), state, f"{free:,} MiB")


async def test_the_database_is_opened_and_its_version_told(config: Config) -> None:
    path = config.storage.dir / DATABASE
    assert_is(checks.check_database(config), State.OK, "made at the first start")
    await (await Database.open(path)).close()
    newest = len(known_migrations())

    assert_is(checks.check_database(config), State.OK, f"has version {newest}.")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert_is(checks.check_database(config), State.OK, f"it becomes version {newest}")


async def test_a_database_of_a_newer_version_fails(config: Config) -> None:
    path = config.storage.dir / DATABASE
    await (await Database.open(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    assert_is(checks.check_database(config), State.FAIL, "version 999", "Update the program")


def test_a_file_that_is_no_database_fails(config: Config) -> None:
    config.storage.dir.mkdir()
    (config.storage.dir / DATABASE).write_text("poems " * 1000)

    assert_is(checks.check_database(config), State.FAIL, "file is not a database", "backup")


def test_an_sqlite_that_is_too_old_fails(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))

    assert_is(checks.check_database(config), State.FAIL, "too old", "3.37.0 or newer")


async def test_backups_that_are_missing_or_old_are_told(config: Config) -> None:
    assert_is(checks.check_backups(config), State.OK, "nothing yet")
    await (await Database.open(config.storage.dir / DATABASE)).close()
    assert_is(checks.check_backups(config), State.WARN, "There is none", "python -m bot backup")
    now = datetime.now(UTC)
    make_backup(config.storage.dir, config.model.dir, Reason.REPLACED, now)
    assert_is(checks.check_backups(config), State.WARN, "There is none")
    make_backup(config.storage.dir, config.model.dir, Reason.REGULAR, now - timedelta(hours=49))
    assert_is(checks.check_backups(config), State.WARN, "49 hours old", "every 24")
    assert_is(checks.check_backups(changed(config, "backup", hours=0)), State.OK, "49 hours old")
    make_backup(config.storage.dir, config.model.dir, Reason.ASKED, now - timedelta(hours=47))

    assert_is(checks.check_backups(config), State.OK, "newest of 2 is 47 hours old")


# The networks.


def test_weights_that_are_missing_or_damaged_fail(config: Config, tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"x" * 100)
    for wanted in ("none", str(tmp_path / "bad.safetensors")):
        network, adder = changed(config, "model", network=wanted), changed(config, "model", adder=wanted)
        assert_is(checks.check_poet(network), State.FAIL, "[model] dir")
        assert_is(checks.check_adder(adder), State.FAIL, "[model] dir")
    assert_is(checks.check_poet(changed(config, "model", dir=tmp_path / "empty")), State.FAIL)


def test_weights_of_the_other_kind_fail(config: Config) -> None:
    assert_is(checks.check_poet(changed(config, "model", network="adder")), State.FAIL, "not 'poem'")
    assert_is(checks.check_adder(changed(config, "model", adder="gru")), State.FAIL, "not 'adder'")


def test_a_device_that_is_not_there_fails(config: Config) -> None:
    assert_is(checks.check_device(changed(config, "model", device="mps")), State.FAIL, "not available", "[model]")


@pytest.mark.parametrize(
    "error", [ImportError("No module named 'torch'"), OSError("libtorch.so: no"), RuntimeError("no /dev/urandom")]
)
def test_a_pytorch_that_cannot_be_loaded_fails(
    config: Config, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = builtins.__import__

    def without_torch(name: str, *arguments: Any) -> Any:
        if name == "model.device":
            raise error
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_torch)

    assert_is(checks.check_device(config), State.FAIL, "PyTorch cannot be loaded", str(error))


# The rest.


def test_a_machine_without_a_chinese_typeface_is_told_how_to_get_one(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    check = checks.check_font(changed(config, "picture", font="auto"))

    assert_is(check, State.WARN, "fonts-arphic-ukai", "Fedora", "macOS", "Windows")


def test_a_typeface_of_one_script_only_is_not_enough(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path / "fonts"),))
    (tmp_path / "fonts").mkdir()
    typeface(tmp_path / "fonts" / "ukai.ttf", checks._SAMPLES[Script.HANS])
    auto = changed(config, "picture", font="auto")
    assert_is(checks.check_font(auto), State.WARN)
    typeface(tmp_path / "fonts" / "ukai2.ttf", checks._SAMPLES[Script.HANT], family="AR PL UKai TW")

    assert_is(checks.check_font(auto), State.OK, "AR PL UKai CN", "AR PL UKai TW")


def test_a_font_that_is_named_and_cannot_be_used_fails(config: Config, tmp_path: Path) -> None:
    latin = typeface(tmp_path / "latin.ttf", "abc")
    for path in (tmp_path / "none.ttf", latin):
        assert_is(checks.check_font(changed(config, "picture", font=str(path))), State.FAIL, str(path), "[picture]")


def test_a_clock_that_stands_before_its_own_files_is_suspected(config: Config) -> None:
    path = config.storage.dir / DATABASE
    path.parent.mkdir()
    path.touch()
    assert_is(checks.check_clock(config), State.OK, "UTC")
    os.utime(path, (4e9, 4e9))

    assert_is(checks.check_clock(config), State.WARN, str(path), "Set the clock")
