"""Backups by hand, and restored by one command."""

import json
import shutil
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.config import Config
from bot.operations.backups import Reason, all_backups
from bot.operations.lock import FolderLock
from bot.store.database import DATABASE, Database
from tests.bot.operations.backups.conftest import by_weights, damage, texts
from tests.bot.personal import ME, poem
from tests.conftest import World


@pytest.fixture
def arguments(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What follows the command, for a test's data folder."""
    monkeypatch.setattr("bot.operations.restore.load_config.__defaults__", (None, None, tmp_path))
    path = tmp_path / "settings.toml"
    path.write_text(f'[storage]\ndir = "{config.storage.dir}"\n[model]\ndir = "{config.model.dir}"\n')
    return ["--config", str(path)]


# By hand.


async def test_a_backup_by_hand_while_the_bot_runs(
    world: World,
    config: Config,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.__main__.leave", lambda code, _: code)
    await world.alice.slash(world.channel, "poem")
    assert main(["backup", *arguments]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert main(["backup", "--list", *arguments]) == 0

    assert capsys.readouterr().out == f"{path.name}\n"
    assert texts(path / DATABASE) == [(1,)]
    assert main(["restore", *arguments]) == 75  # not while it runs
    assert "another bot uses" in capsys.readouterr().err


async def test_a_restored_backup_is_as_it_was_and_what_was_there_is_kept(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    await database.close()
    assert main(["restore", *arguments]) == 0
    assert texts(path) == [(1,)]
    kept = capsys.readouterr().out.splitlines()[-1].removeprefix("What was there is kept: ")
    # The newest is never what was replaced, unless it is called by its name.
    assert main(["restore", *arguments]) == 0
    assert texts(path) == [(1,)]
    assert main(["restore", kept, *arguments]) == 0
    assert texts(path) == [(1,), (2,)]

    database = await Database.open(path)
    assert await database.fetch_all("PRAGMA integrity_check") == [("ok",)]
    await database.close()
    assert not list(config.storage.dir.glob(".*"))


async def test_a_log_that_was_left_is_not_taken_for_the_new_database(
    database: Database, config: Config, arguments: list[str]
) -> None:
    """As after kill -9: what was written last stands in the log only."""
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    left = {ending: path.with_name(f"{DATABASE}{ending}").read_bytes() for ending in ("", "-wal")}
    await database.close()
    for ending, content in left.items():
        path.with_name(f"{DATABASE}{ending}").write_bytes(content)
    assert main(["restore", *arguments]) == 0

    assert texts(path) == [(1,)]
    [aside] = [backup for backup in all_backups(config.storage.dir) if backup.reason is Reason.REPLACED]
    assert texts(aside.path / DATABASE) == [(1,), (2,)]


@pytest.mark.parametrize("wholly", [False, True])
async def test_a_damaged_database_is_replaced_and_kept_as_it_is(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str], *, wholly: bool
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await database.close()
    damage(path)
    if wholly:
        path.write_bytes(b"no database" * 1000)
        path.with_name(f"{DATABASE}-wal").write_bytes(b"its log")
    damaged = path.read_bytes()
    assert main(["restore", *arguments]) == 0

    assert texts(path) == [(1,)]
    kept = capsys.readouterr().out.splitlines()[-1].removeprefix("What was there is kept: ")
    assert (config.storage.dir / "backups" / kept / DATABASE).read_bytes() == damaged
    assert (config.storage.dir / "backups" / kept / f"{DATABASE}-wal").exists() is wholly
    assert not path.with_name(f"{DATABASE}-wal").exists()
    assert main(["restore", kept, *arguments]) == 74
    assert "copy of a damaged database" in capsys.readouterr().err
    assert texts(path) == [(1,)]


async def test_weights_that_are_gone_come_back(database: Database, config: Config, arguments: list[str]) -> None:
    trained = config.storage.dir / "models" / "mine.safetensors"
    trained.parent.mkdir()
    shutil.copy(config.model.dir / "adder.safetensors", trained)
    with trained.open("ab") as file:
        file.write(b" ")
    key = await by_weights(database, trained)
    assert main(["backup", *arguments]) == 0
    await database.close()
    content = trained.read_bytes()
    trained.write_bytes(b"another one of that name")
    assert main(["restore", *arguments]) == 0
    assert (trained.parent / f"mine-{key}.safetensors").read_bytes() == content
    shutil.rmtree(trained.parent)
    assert main(["restore", *arguments]) == 0
    assert trained.read_bytes() == content
    assert main(["restore", *arguments]) == 0

    assert [path.name for path in trained.parent.iterdir()] == ["mine.safetensors"]


async def test_what_cannot_be_restored_changes_nothing(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["restore", *arguments]) == 74
    assert "there is no backup" in capsys.readouterr().err
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    await database.close()
    [backup] = all_backups(config.storage.dir)
    note = json.loads((backup.path / "backup.json").read_text())
    (backup.path / "backup.json").write_text(json.dumps(note | {"schema": 999}))
    capsys.readouterr()

    for name, why in ((backup.name, "version 999: update the program"), ("none", "no backup none")):
        assert main(["restore", name, *arguments]) == 74
        assert why in capsys.readouterr().err
    assert texts(path) == [(1,), (2,)]
    assert all_backups(config.storage.dir) == [backup]


async def test_a_restore_that_is_cut_short_can_be_tried_again(
    database: Database, config: Config, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    await database.close()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("shutil.copy2", "bot.operations.restore.sync", "bot.operations.restore._put_weights"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            assert main(["restore", *arguments]) == 74
        assert texts(path) == [(1,), (2,)]
    assert main(["restore", *arguments]) == 0
    assert texts(path) == [(1,)]


def test_where_nothing_is_nothing_is_backed_up(
    config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", *arguments]) == 74
    assert "there is no database" in capsys.readouterr().err
    assert main(["backup", "--list", *arguments]) == 0
    Path(arguments[-1]).write_text("[poem]\ntemperature = 9\n")
    for command in ("backup", "restore"):
        assert main([command, *arguments]) == 78


async def test_a_backup_is_restored_where_there_is_nothing(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", *arguments]) == 0
    await database.close()
    (config.storage.dir / DATABASE).unlink()
    capsys.readouterr()
    assert main(["restore", *arguments]) == 0

    assert len(capsys.readouterr().out.splitlines()) == 1
    assert texts(config.storage.dir / DATABASE) == [(1,)]
    FolderLock.take(config.storage.dir).release()
