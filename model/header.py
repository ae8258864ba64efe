"""What a file of weights says about itself. Reading it needs no torch and allocates next to nothing."""

import hashlib
import json
import os
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import CheckpointError

FORMAT_VERSION = 1
MAX_FILE_BYTES = 4 * 2**30
MAX_HEADER_BYTES = 16 * 2**20

Kind = Literal["poem", "adder", "run"]


class Header(BaseModel):
    """Configuration, vocabulary and provenance of a set of weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = FORMAT_VERSION
    kind: Kind
    configuration: dict[str, Any]
    """What the network is built from; its own type checks the values."""
    characters: Annotated[str, Field(max_length=100_000)] = ""
    """The vocabulary's characters in the order of their ids; empty for an adder."""
    script: Literal["hans", "hant"] | None = None
    """In which script the network reads and writes."""
    recipe: str
    settings: dict[str, Any] = {}
    """The recipe's values as they were used."""
    corpus: str
    """Fingerprint of the training text, or what stands in its place."""
    origin: str = ""
    """Fingerprint of the weights that the run began from; empty where it began from a first draw."""
    seed: int
    step: int
    figures: dict[str, float] = {}
    """Held-out figures; `loss` is nats a symbol on the validation poems."""
    run: dict[str, Any] = {}
    """Where an unfinished training run stands; only in files of kind "run"."""
    checksum: str = ""
    """SHA-256 of the tensors, as `checkpoint.save` writes it; a file without it cannot be loaded."""
    version: str = Field(default_factory=lambda: metadata.version("tangpoet"))


def read_header(path: Path, kind: Kind | None = None) -> Header:
    """Read what the file says of itself, and only that; of any kind where none is asked for.

    Raises:
        CheckpointError: naming the file and the reason, if it is missing, damaged, foreign, newer, of another kind, or
            claims a size beyond all reason.
    """
    entries = _safetensors_entries(path)
    own = entries.get("__metadata__")
    text = own.get("tangpoet") if isinstance(own, dict) else None
    if not isinstance(text, str):
        raise CheckpointError(f"{path}: these are not tangpoet's weights (no header of ours); give a file that it made")
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise TypeError
        version = int(values.get("format_version", 0))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise CheckpointError(f"{path}: the header is damaged; take the file from where it came once more") from None
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: written by a newer tangpoet (format {version}, this one reads {FORMAT_VERSION}); update tangpoet"
        )
    try:
        header = Header.model_validate(values)
    except ValidationError as error:
        raise CheckpointError(
            f"{path}: the header is damaged ({first_fault(error)}); take the file from where it came once more"
        ) from None
    if kind is not None and header.kind != kind:
        raise CheckpointError(f"{path}: holds weights of kind {header.kind!r}, not {kind!r}; give the other file")
    return header


def first_fault(error: ValidationError) -> str:
    """The first wrong value and what is wrong with it, in one line."""
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place!r}: {fault['msg']}"


def fingerprint(path: Path) -> str:
    """The first 16 hexadecimal digits of the file's SHA-256: the name by which weights are known."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _safetensors_entries(path: Path) -> dict[str, Any]:
    """The JSON at the beginning of a safetensors file, its sizes held against the file's own.

    Layout: eight bytes (little endian) that count the JSON's bytes, the JSON, then the tensors' bytes.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if not 8 < size <= MAX_FILE_BYTES or not 2 <= length <= min(size - 8, MAX_HEADER_BYTES):
                raise CheckpointError(f"{path}: not a safetensors file, or cut short; take it from where it came again")
            entries = json.loads(file.read(length))
            if not isinstance(entries, dict) or _data_bytes(entries) != size - 8 - length:
                raise CheckpointError(f"{path}: cut short or damaged; take the file from where it came once more")
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from None
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        raise CheckpointError(f"{path}: not a safetensors file, or damaged; give weights that tangpoet made") from None
    return entries


def _data_bytes(entries: dict[str, Any]) -> int:
    return max((int(entry["data_offsets"][1]) for name, entry in entries.items() if name != "__metadata__"), default=0)
