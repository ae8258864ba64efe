"""What `doctor` looks at. Each check says what is the case and, where it is bad, how to mend it; none changes anything.

Failed: the bot would not start, or not write a poem. A warning: something is missing that it can do without.
"""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.config import Config, ConfigError, load_token
from bot.operations.backups import Reason, all_backups
from bot.operations.lock import FolderInUse, FolderLock, FolderUnusable
from bot.services.fonts import AUTO, Fonts
from bot.services.weights import named_weights, poem_weights
from bot.share import Share
from bot.store.database import DATABASE, OLDEST_SQLITE, StoreError, known_migrations
from model.errors import CheckpointError, ModelError
from model.header import Kind, read_header
from model.script import Script

MIB: Final = 2**20
LITTLE_SPACE: Final = 1_024 * MIB
TOO_LITTLE_SPACE: Final = 100 * MIB
SLACK_SECONDS: Final = 3_600.0
"""So far a file's time may lie ahead: file systems and time zones differ."""
INSTALL: Final = (
    "Debian and Ubuntu: apt install fonts-arphic-ukai (or fonts-noto-cjk). "
    "Fedora: dnf install google-noto-serif-cjk-vf-fonts. "
    "macOS: download Kaiti SC in Font Book. "
    "Windows: add the Chinese Supplemental Fonts in the optional features. "
    "Or name a font file in [picture] font."
)
_SAMPLES: Final = {Script.HANS: "欲穷千里目更上一层楼诗", Script.HANT: "欲窮千里目更上一層樓詩"}
_TOKEN: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes:
        name: of what was looked at.
        state: whether it is as it should be.
        found: one or two sentences, without secrets.
        mend: what to do; empty where all is well.
    """

    name: str
    state: State
    found: str
    mend: str = ""


def check_token() -> Check:
    """The token is never shown."""
    name = "token"
    try:
        token = load_token()
    except ConfigError as error:
        return Check(name, State.FAIL, str(error), "Put the token where DISCORD_TOKEN or DISCORD_TOKEN_FILE says.")
    if token is None:
        mend = "Set DISCORD_TOKEN in the environment or in .env; `python -m bot sandbox` needs none."
        return Check(name, State.FAIL, "There is none.", mend)
    if not _TOKEN.fullmatch(token.get_secret_value()):
        mend = "Copy it from the Bot page of the application; it is not the client secret, nor the public key."
        return Check(name, State.WARN, "It is set, and does not look like a bot's token.", mend)
    return Check(name, State.OK, "It is set.")


def check_folder(config: Config) -> Check:
    name, folder = "data folder", config.storage.dir
    mend = "Let the bot's user write there, or choose another [storage] dir."
    if not folder.exists():
        above = _existing(folder)
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            return Check(name, State.FAIL, f"{folder} is not there, and cannot be made in {above}.", mend)
        return Check(name, State.OK, f"{folder} is made at the first start.")
    try:
        FolderLock.take(folder, Share.of(config.discord)).release()
    except FolderInUse:
        return Check(name, State.WARN, f"A bot is running in {folder}.", "Stop it before you start another one there.")
    except FolderUnusable as error:
        return Check(name, State.FAIL, f"{error}", mend)
    return Check(name, State.OK, f"{folder} can be written.")


def check_database(config: Config) -> Check:
    name, path = "database", config.storage.dir / DATABASE
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        found = f"SQLite {sqlite3.sqlite_version} is too old."
        return Check(name, State.FAIL, found, f"Use a Python with SQLite {wanted} or newer.")
    try:
        newest = len(known_migrations())
        if not path.exists():
            return Check(name, State.OK, "It is made at the first start.")
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            [version] = connection.execute("PRAGMA user_version").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except (OSError, sqlite3.Error, StoreError) as error:
        mend = "Put a backup in its place, or move it away to begin afresh."
        return Check(name, State.FAIL, f"{path} cannot be used: {error}.", mend)
    if version > newest:
        found = f"{path} has version {version}, this program knows {newest}."
        return Check(name, State.FAIL, found, "Update the program, or choose another [storage] dir.")
    later = "" if version == newest else f"; it becomes version {newest} at the next start"
    return Check(name, State.OK, f"{path} has version {version}{later}.")


def check_space(config: Config) -> Check:
    name, place = "disk space", _existing(config.storage.dir)
    free = shutil.disk_usage(place).free
    found, mend = f"{free // MIB:,} MiB are free at {place}.", "Free some, or choose another [storage] dir."
    if free < TOO_LITTLE_SPACE:
        return Check(name, State.FAIL, found, mend)
    return Check(name, State.WARN, found, mend) if free < LITTLE_SPACE else Check(name, State.OK, found)


def check_poet(config: Config) -> Check:
    return _check_weights("poem network", "poem", lambda: poem_weights(config.model.network, config.model.dir)[0])


def check_adder(config: Config) -> Check:
    return _check_weights("adder", "adder", lambda: named_weights(config.model.adder, config.model.dir))


def _check_weights(name: str, kind: Kind, find: Callable[[], Path]) -> Check:
    try:
        path = find()
        header = read_header(path, kind)
    except CheckpointError as error:
        mend = f"Look at [model] dir and at what it says of the {name}; the repository has the weights in data/models."
        return Check(name, State.FAIL, f"{error}.", mend)
    return Check(name, State.OK, f"{path.name}, recipe {header.recipe}, step {header.step}.")


def check_device(config: Config) -> Check:
    name = "device"
    try:
        from model.device import choose_device  # noqa: PLC0415 - torch takes a second, and may be what is missing

        device = choose_device(config.model.device)
    except (ImportError, OSError, RuntimeError) as error:
        return Check(name, State.FAIL, f"PyTorch cannot be loaded: {error}.", "Install it again: make clean, make run.")
    except ModelError as error:
        return Check(name, State.FAIL, f"{error}.", "Set [model] device.")
    return Check(name, State.OK, f"The networks run on {device}.")


def check_font(config: Config) -> Check:
    name, wanted = "typeface", config.picture.font
    fonts = Fonts(wanted)
    best = {script: next(iter(fonts.typefaces(script)), None) for script in Script}
    lacking = "".join(face.lacks(_SAMPLES[script]) for script, face in best.items() if face is not None)
    if wanted != AUTO and (lacking or None in best.values()):
        found = f"{wanted} is no font that can be read, or has no Chinese characters for both scripts."
        return Check(name, State.FAIL, found, f'Set [picture] font = "{AUTO}". {INSTALL}')
    if lacking or None in best.values():
        return Check(name, State.WARN, "There is none for Chinese, so poems have no pictures.", INSTALL)
    named = dict.fromkeys(f"{face.family} ({face.path})" for face in best.values() if face is not None)
    return Check(name, State.OK, f"{', '.join(named)}.")


def check_clock(config: Config) -> Check:
    """A clock that stands before what was written under it is wrong."""
    name, now = "clock", time.time()
    written = [path for path in (Path(__file__), config.storage.dir / DATABASE) if path.exists()]
    latest = max(written, key=lambda path: path.stat().st_mtime)
    if latest.stat().st_mtime > now + SLACK_SECONDS:
        found = f"{latest} was written later than the clock says it is now."
        return Check(name, State.WARN, found, "Set the clock, for example with `timedatectl set-ntp true`.")
    return Check(name, State.OK, f"It is {time.strftime('%Y-%m-%d %H:%M', time.gmtime(now))} UTC.")


def check_backups(config: Config) -> Check:
    """That they are made; whether each is whole was looked at when it was made, and is again before it is restored."""
    name, storage, hours = "backups", config.storage.dir, config.backup.hours
    made = [backup.made_at for backup in all_backups(storage) if backup.reason is not Reason.REPLACED]
    mend = "`python -m bot backup` makes one; the bot's log says why it did not."
    if not (storage / DATABASE).exists():
        return Check(name, State.OK, "There is nothing yet to make one of.")
    if not made:
        return Check(name, State.WARN, "There is none.", mend)
    age = (time.time() - made[0].timestamp()) / 3_600
    found = f"The newest of {len(made)} is {age:.0f} hours old."
    if hours and age > 2 * hours:
        return Check(name, State.WARN, f"{found} One is to be made every {hours}.", mend)
    return Check(name, State.OK, found)


def _existing(path: Path) -> Path:
    """The path, or the nearest one above it that is there."""
    return next(place for place in (path, *path.parents) if place.exists())


CHECKS: Final[tuple[Callable[[Config], Check], ...]] = (
    check_folder,
    check_space,
    check_database,
    check_backups,
    check_poet,
    check_adder,
    check_device,
    check_font,
    check_clock,
)
"""Those that need the settings."""
