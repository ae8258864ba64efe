"""Settings, typed and frozen. Their defaults stand in config.toml; every wrong value is named with its key."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.sections import (
    ROOT,
    BackupSection,
    CorporaSection,
    DiscordSection,
    LimitsSection,
    LogSection,
    MetricsSection,
    ModelSection,
    ModerationSection,
    OwnerSection,
    PictureSection,
    PoemSection,
    RetentionSection,
    StorageSection,
    TrainingSection,
)

__all__ = ["PREFIX", "ROOT", "Config", "ConfigError", "load_config", "load_token"]

PREFIX: Final = "TANGPOET_"


class ConfigError(Exception):
    """Settings that the bot cannot start with; `str()` has a line for each of them."""


class Config(BaseSettings):
    """All settings. Later in this list wins: config.toml, config.local.toml, .env, environment, overrides."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    discord: DiscordSection
    storage: StorageSection
    model: ModelSection
    poem: PoemSection
    picture: PictureSection
    limits: LimitsSection
    owner: OwnerSection
    corpora: CorporaSection
    moderation: ModerationSection
    retention: RetentionSection
    training: TrainingSection
    backup: BackupSection
    log: LogSection
    metrics: MetricsSection

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what load_config() merged: reading the process's environment here would go around its checks."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


class _Variables(EnvSettingsSource):
    """TANGPOET_<SECTION>__<KEY> out of any mapping of variables, so that .env and the environment are read alike."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = {name.lower(): value for name, value in variables.items()}
        super().__init__(Config, env_prefix=PREFIX, env_nested_delimiter="__")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return dict(self._variables)


def load_config(path: Path | None = None, overrides: Mapping[str, Any] | None = None, folder: Path = ROOT) -> Config:
    """Read the settings.

    Args:
        path: a file that goes over the project's config.toml, and under all that follows.
        overrides: dotted keys, such as {"storage.dir": "elsewhere"}; they win over everything.
        folder: where config.local.toml and .env are: the project's, whatever file is given.

    Raises:
        ConfigError: names every wrong value with its key.
    """
    layers: list[Mapping[str, Any]] = [_read_toml(ROOT / "config.toml")]
    if path is not None:
        layers.append(_read_toml(path))
    if (folder / "config.local.toml").exists():
        layers.append(_read_toml(folder / "config.local.toml"))
    faults: list[str] = []
    layers += [_read_variables(variables, faults) for variables in (_dotenv(folder), os.environ)]
    layers.append(_nest(overrides or {}, faults))
    merged: dict[str, Any] = {}
    for layer in layers:
        _merge(merged, layer)
    try:
        config = Config(**merged)
    except ValidationError as error:
        faults += [_fault(details["loc"], details["msg"]) for details in error.errors(include_input=False)]
    if faults:
        raise ConfigError("\n".join(faults))
    return config


def load_token(folder: Path = ROOT) -> SecretStr | None:
    """DISCORD_TOKEN, or the content of the file that DISCORD_TOKEN_FILE names; the environment goes before .env.

    Returns:
        None where neither is set.

    Raises:
        ConfigError: the file cannot be read, or there is no token in it.
    """
    for variables in (os.environ, _dotenv(folder)):
        if token := variables.get("DISCORD_TOKEN", "").strip():
            return _one_line(token, "DISCORD_TOKEN")
        if name := variables.get("DISCORD_TOKEN_FILE", "").strip():
            try:
                token = (folder / Path(name).expanduser()).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
                raise ConfigError(f"DISCORD_TOKEN_FILE: cannot read {name}: {reason}") from None
            if not token:
                raise ConfigError(f"DISCORD_TOKEN_FILE: {name} is empty: write the bot's token into it")
            return _one_line(token, f"DISCORD_TOKEN_FILE: {name}")
    return None


def _one_line(token: str, source: str) -> SecretStr:
    # It becomes a header of HTTP, which cannot hold a line break.
    if not token.isprintable():
        raise ConfigError(f"{source}: holds more than a token: give the one line that the Bot page shows, nothing else")
    return SecretStr(token)


def _fault(location: tuple[int | str, ...], message: str) -> str:
    key = ".".join(str(part) for part in location)
    if message == "Extra inputs are not permitted":
        message = "there is no such setting; config.toml lists them all"
    message = message.removeprefix("Value error, ")
    return f"{key}: {message[:1].lower()}{message[1:]}"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error


def _dotenv(folder: Path) -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{folder / '.env'}: cannot be read: {error}") from error


def _read_variables(variables: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    ours = {name: value for name, value in variables.items() if name.upper().startswith(PREFIX)}
    known = {}
    for name, value in ours.items():
        section, delimiter, key = name[len(PREFIX) :].lower().partition("__")
        if section in Config.model_fields and delimiter and key and "__" not in key:
            known[name] = value
        else:
            faults.append(f"{name}: there is no such setting; the name is {PREFIX}<SECTION>__<KEY>, as in config.toml")
    return _Variables(known)()


def _nest(overrides: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for dotted, value in overrides.items():
        section, dot, key = dotted.partition(".")
        if dot:
            nested.setdefault(section, {})[key] = value
        else:
            faults.append(f"{dotted}: there is no such setting; a key is <section>.<key>, as in config.toml")
    return nested


def _merge(target: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = dict(value) if isinstance(value, Mapping) else value
