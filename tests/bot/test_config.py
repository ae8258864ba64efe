"""Settings: where they come from, and what is said of wrong ones."""

import inspect
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from bot.config import PREFIX, ROOT, Config, ConfigError, load_config, load_token


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCORD_TOKEN", "DISCORD_TOKEN_FILE", "TANGPOET_POEM__TOP_K"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").touch()
    return tmp_path


def test_the_file_names_every_setting_and_explains_it() -> None:
    source = (ROOT / "config.toml").read_text("utf-8")
    sections = tomllib.loads(source)

    assert sections.keys() == Config.model_fields.keys()
    for name, field in Config.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, BaseModel)
        assert sections[name].keys() == field.annotation.model_fields.keys()
        assert all(setting.is_required() for setting in field.annotation.model_fields.values())
    settings = [line for line in source.splitlines() if " = " in line and not line.startswith("#")]
    assert len(settings) == sum(map(len, sections.values()))
    assert all("  # " in line for line in settings)


def test_paths_start_at_the_project(folder: Path) -> None:
    config = load_config(folder / "config.toml", {"storage.dir": "elsewhere"})

    assert config.storage.dir == ROOT / "elsewhere"
    assert config.model.dir == ROOT / "data/models"
    assert load_config(folder / "config.toml", {"storage.dir": "/far"}).storage.dir == Path("/far")


def test_later_sources_win(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "config.toml"

    def top_k() -> int:
        return load_config(path, folder=folder).poem.top_k

    assert top_k() == 0
    path = folder / "elsewhere" / "mine.toml"
    path.parent.mkdir()
    path.write_text("[poem]\ntop_k = 1")
    assert top_k() == 1
    (folder / "config.local.toml").write_text("[poem]\ntop_k = 2")
    assert top_k() == 2
    (folder / ".env").write_text("TANGPOET_POEM__TOP_K=3\nDISCORD_TOKEN=secret\nOTHER=1\nEMPTY\n")
    assert top_k() == 3
    monkeypatch.setenv("tangpoet_poem__top_k", "4")
    assert top_k() == 4
    assert load_config(path, {"poem.top_k": 5}).poem.top_k == 5
    assert load_config(path, {"poem.top_k": 5}).poem.temperature == 0.45


def test_the_projects_own_files_count_whatever_file_is_given(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("etc") / "mine.toml"
    path.write_text('[storage]\ndir = "mine"')
    for beside in (folder, path.parent):
        (beside / ".env").write_text(f"TANGPOET_POEM__TOP_K={len(beside.parts)}\nDISCORD_TOKEN={beside.name}")
        (beside / "config.local.toml").write_text(f'[model]\nadder = "{beside.name}"')

    config, token = load_config(path, folder=folder), load_token(folder)

    assert config.poem.top_k == len(folder.parts)
    assert config.model.adder == folder.name
    assert config.storage.dir == ROOT / "mine"
    assert token is not None
    assert token.get_secret_value() == folder.name
    for read in (load_config, load_token):
        assert inspect.signature(read).parameters["folder"].default == ROOT


def test_settings_are_frozen(folder: Path) -> None:
    config = load_config(folder / "config.toml")
    with pytest.raises(ValidationError):
        config.poem.top_k = 3  # type: ignore[misc]


def test_every_wrong_value_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "config.toml"
    path.write_text('[poem]\nform = "limerick"\n[model]\ncolour = "red"\n[cat]\nname = "Mau"')
    for name, value in {"LIMITS__BATCH": "many", "LOG": "{}", "NO__SUCH": "1", "LOG__A__B": "1"}.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)

    with pytest.raises(ConfigError) as error:
        load_config(path, {"poem.temperature": 9, "limits": 3, "storage.dir": None})

    said = {line.split(":")[0] for line in str(error.value).splitlines()}
    assert said == {
        "poem.form",
        "model.colour",
        "cat",
        "limits.batch",
        "TANGPOET_LOG",
        "TANGPOET_NO__SUCH",
        "TANGPOET_LOG__A__B",
        "poem.temperature",
        "limits",
        "storage.dir",
    }


def test_a_section_that_is_no_section_is_named(folder: Path) -> None:
    (folder / "config.toml").write_text("poem = 3")
    with pytest.raises(ConfigError, match="poem: "):
        load_config(folder / "config.toml")


@pytest.mark.parametrize(("content", "said"), [(b"[poem", "not a TOML file"), (b"\xff\xfe", "not a TOML file")])
def test_a_file_that_cannot_be_read(folder: Path, content: bytes, said: str) -> None:
    (folder / "config.local.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_config(folder=folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load_config(tmp_path / "none.toml")


def test_a_dotenv_that_is_no_text(folder: Path) -> None:
    (folder / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"\.env: cannot be read"):
        load_config(folder=folder)


def test_the_token_and_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def token() -> str | None:
        found = load_token(tmp_path)
        assert "secret" not in repr(found)
        assert "secret" not in str(found)
        return found.get_secret_value() if found is not None else None

    assert token() is None
    (tmp_path / ".env").write_text("DISCORD_TOKEN=dotenv secret")
    assert token() == "dotenv secret"
    (tmp_path / "token").write_text("file secret\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")
    assert token() == "file secret"
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    assert token() == "file secret"
    monkeypatch.setenv("DISCORD_TOKEN", " environment secret ")
    assert token() == "environment secret"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff", "not a text file"),
        (b"secret\n# the token\n", "holds more than a token"),
    ],
)
def test_a_token_file_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")
    with pytest.raises(ConfigError, match=f"DISCORD_TOKEN_FILE: .*{said}") as error:
        load_token(tmp_path)
    assert "secret" not in str(error.value)


def test_a_token_with_a_line_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret\nsecret")
    with pytest.raises(ConfigError, match=r"^DISCORD_TOKEN: holds more than a token: [^\n]*$") as error:
        load_token(tmp_path)
    assert "secret" not in str(error.value)


def test_a_folder_without_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGPOET_STORAGE__DIR", "")
    with pytest.raises(ConfigError, match=r"^storage\.dir: name a folder$"):
        load_config(folder / "config.toml")


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ([[8, 2], [8, 1]], "the more requests wait, the fewer candidates"),
        ([[8, 2], [32, 2]], "the more requests wait, the fewer candidates"),
        ([[0, 2]], "poem.tiers.0.0: input should be greater than or equal to 1"),
        ([[1, 0]], "poem.tiers.0.1"),
        ([[1]], "poem.tiers.0.1"),
        ("many", "poem.tiers"),
    ],
)
def test_tiers_of_candidates_go_down(folder: Path, tiers: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(overrides={"poem.tiers": tiers}, folder=folder)


def test_tiers_can_be_given_in_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGPOET_POEM__TIERS", "[[4, 8], [16, 2]]")

    assert load_config(folder=folder).poem.tiers == ((4, 8), (16, 2))


@pytest.mark.parametrize(("shards", "ids", "kept"), [(0, [], ()), (4, [], ()), (4, [3, 1, 3], (1, 3))])
def test_shards_that_can_be(folder: Path, shards: int, ids: list[int], kept: tuple[int, ...]) -> None:
    config = load_config(folder / "config.toml", {"discord.shards": shards, "discord.shard_ids": ids}, folder)
    assert (config.discord.shards, config.discord.shard_ids) == (shards, kept)


@pytest.mark.parametrize(
    ("shards", "ids", "told"),
    [(0, [0], "set shards, too"), (2, [2], "from 0 to 1"), (2, [-1], "greater than"), (-1, [], "greater")],
)
def test_shards_that_cannot_be(folder: Path, shards: int, ids: list[int], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_config(folder / "config.toml", {"discord.shards": shards, "discord.shard_ids": ids}, folder)
