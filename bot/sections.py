"""The sections of the settings, typed and frozen; what each of them means stands in config.toml."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

ROOT: Final = Path(__file__).resolve().parent.parent


def _not_empty(path: object) -> object:
    # An empty path would be the project's own folder.
    if path == "":
        raise ValueError("name a folder")
    return path


def _from_root(path: Path) -> Path:
    return ROOT / path.expanduser()


def _steadily_fewer(tiers: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    if any(waiting >= more or candidates <= fewer for (waiting, candidates), (more, fewer) in pairwise(tiers)):
        raise ValueError("name the tiers in order: the more requests wait, the fewer candidates")
    return tiers


def _lines_of_file(path: object) -> object:
    """One word a line; a line that begins with # is a remark."""
    if not isinstance(path, str):
        return path
    if not path:
        return ()
    try:
        lines = _from_root(Path(path)).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text in UTF-8"
        raise ValueError(f"cannot read {path}: {reason}") from None
    return tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _address(scheme: str) -> Callable[[str], str]:
    """Checks an address that the token is sent to: encrypted, or on this machine; empty for Discord's own."""

    def check(text: str) -> str:
        if not text:
            return text
        # What parsers read differently is no address: one would look at it here, and another one would go there.
        if not re.fullmatch(r"[!-\[\]-~]+", text):
            raise ValueError("an address has no spaces, backslashes and other alphabets")
        url = urlsplit(text)  # a ValueError of its own says what is wrong with a port or a bracket
        bare = url.port != 0 and url.username is None and not url.query and not url.fragment
        if url.scheme not in {scheme, f"{scheme}s"} or not url.hostname or not bare:
            raise ValueError(f"give an address that begins with {scheme}s://, with nothing behind its path")
        if url.scheme == scheme and not _is_this_machine(url.hostname):
            raise ValueError(f"the token goes there, so use {scheme}s://; {scheme}:// is for this machine only")
        return text.rstrip("/")

    return check


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


ProjectPath = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(_from_root)]
WordFile = Annotated[tuple[str, ...], BeforeValidator(_lines_of_file)]
WebAddress = Annotated[str, AfterValidator(_address("http"))]
SocketAddress = Annotated[str, AfterValidator(_address("ws"))]
Waiting = Annotated[int, Field(ge=1)]
DiscordId = Annotated[int, Field(ge=1, lt=2**63)]
Candidates = Annotated[int, Field(ge=1, le=256)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DiscordSection(Section):
    sync_commands: bool
    api: WebAddress
    gateway: SocketAddress
    shards: int = Field(ge=0, le=10_000)
    shard_ids: tuple[Annotated[int, Field(ge=0)], ...]

    @field_validator("shard_ids")
    @classmethod
    def _are_of_them(cls, ids: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        shards = info.data.get("shards", 0)
        if any(number >= shards for number in ids):
            raise ValueError(f"name shards from 0 to {shards - 1}" if shards else "set shards, too: how many there are")
        return tuple(sorted(set(ids)))


class StorageSection(Section):
    dir: ProjectPath


class ModelSection(Section):
    dir: ProjectPath
    network: str = Field(min_length=1)
    adder: str = Field(min_length=1)
    device: Literal["auto", "cuda", "mps", "cpu"]


class PoemSection(Section):
    form: Literal["free", "五绝", "七绝", "五律", "七律"]
    temperature: float = Field(ge=0.1, le=2.0)
    top_k: int = Field(ge=0)
    top_p: float = Field(gt=0.0, le=1.0)
    candidates: Candidates
    tiers: Annotated[tuple[tuple[Waiting, Candidates], ...], AfterValidator(_steadily_fewer)]
    script: Literal["hans", "hant"]
    display: Literal["text", "picture"]


class PictureSection(Section):
    font: str = Field(min_length=1)
    sums: bool


class LimitsSection(Section):
    person_per_minute: int = Field(ge=1, le=600)
    server_per_minute: int = Field(ge=1, le=60_000)
    queue: int = Field(ge=1)
    server_queue: int = Field(ge=1)
    batch: int = Field(ge=1, le=512)
    shutdown_seconds: float = Field(ge=0.0, le=600.0)


class OwnerSection(Section):
    users: tuple[DiscordId, ...]
    servers: tuple[DiscordId, ...]


class CorporaSection(Section):
    base: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    upload_mib: int = Field(ge=1, le=500)
    favorite_servers: tuple[DiscordId, ...]


class ModerationSection(Section):
    words: WordFile


class RetentionSection(Section):
    """In days."""

    requests_days: Days
    additions_days: Days
    contests_days: Days
    faults_days: Days
    reports_days: Days
    left_server_days: Days
    backup_days: Days

    @property
    def of_tables(self) -> dict[str, int]:
        """How long rows are kept, by their table."""
        tables = ("requests", "additions", "contests", "faults", "reports")
        return {table: getattr(self, f"{table}_days") for table in tables} | {"ballots": self.contests_days}


class BackupSection(Section):
    hours: int = Field(ge=0, le=24 * 30)
    keep: int = Field(ge=1, le=1000)


class TrainingSection(Section):
    threads: int = Field(ge=1, le=1024)
    processes: int = Field(ge=1, le=64)
    niceness: int = Field(ge=0, le=19)
    device: Literal["auto", "cuda", "mps", "cpu"]
    precision: Literal["auto", "float32", "bfloat16"]
    checkpoint_every: int = Field(ge=1)
    on_lost: Literal["resume", "mark"]


class MetricsSection(Section):
    host: str = Field(min_length=1)
    port: int = Field(ge=0, le=65535)


class LogSection(Section):
    format: Literal["text", "json"]
    level: Literal["debug", "info", "warning", "error"]
