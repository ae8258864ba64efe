"""Tables on disk: numpy arrays in safetensors, with a header that says what they are. Needs no torch."""

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from model.corpus.files import write_whole
from model.errors import CheckpointError
from model.header import first_fault

FORMAT_VERSION = 1
LARGEST_FILE = 256 * 2**20

Kind = Literal["lines", "near-lines", "usage"]
Arrays = Mapping[str, NDArray[Any]]

_ADVICE = "take the file from where it came once more"
_TYPES = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "I8": np.int8, "F32": np.float32}


class TableHeader(BaseModel):
    """What a file of tables says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = FORMAT_VERSION
    kind: Kind
    source: str
    """Fingerprint of the corpus that the tables were counted in."""
    characters: Annotated[str, Field(max_length=100_000)] = ""
    """What the rows of the arrays stand for, where they stand for characters."""
    numbers: dict[str, Annotated[int, Field(ge=0, lt=2**63)]] = {}
    checksum: str = ""
    """SHA-256 of the arrays, as `save_tables` writes it."""
    version: str = Field(default_factory=lambda: metadata.version("tangpoet"))


def save_tables(path: Path, header: TableHeader, arrays: Arrays) -> None:
    """Write the file whole or not at all.

    Raises:
        CheckpointError: if it cannot be written; the old file is as it was.
    """
    header = header.model_copy(update={"checksum": _checksum(arrays)})
    text = json.dumps(header.model_dump(mode="json"), ensure_ascii=False)
    try:
        write_whole(
            path, save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, {"tangpoet": text})
        )
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be written ({error.strerror}); free some space or choose another folder"
        ) from error


def load_tables(path: Path, kind: Kind, wanted: Mapping[str, tuple[str, int]]) -> tuple[TableHeader, Arrays]:
    """Read a file.

    Args:
        path: of the file.
        kind: what it must hold.
        wanted: the type (as safetensors names it) and the number of dimensions of each array.

    Raises:
        CheckpointError: naming the file and the reason, if it is missing, damaged, foreign, newer or of another kind.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CheckpointError(f"{path}: too large for a file of tables; {_ADVICE}")
        with safe_open(path, framework="numpy") as file:
            header = _read_header(path, kind, (file.metadata() or {}).get("tangpoet", ""))
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no dictionary
            shapes = {name: (part.get_dtype(), len(part.get_shape())) for name, part in found.items()}
            if shapes != dict(wanted):
                odd = ", ".join(sorted(name for name in {*shapes, *wanted} if shapes.get(name) != wanted.get(name)))
                raise CheckpointError(f"{path}: its arrays are not those of {kind!r} ({odd}); {_ADVICE}")
            arrays = {name: np.asarray(file.get_tensor(name), dtype=_TYPES[wanted[name][0]]) for name in wanted}
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"{path}: cannot be read ({reason}); check the path and its permissions") from None
    except SafetensorError as error:
        raise CheckpointError(f"{path}: damaged ({error}); {_ADVICE}") from None
    if header.checksum != _checksum(arrays):
        raise CheckpointError(f"{path}: damaged (the checksum differs); {_ADVICE}")
    return header, arrays


def _read_header(path: Path, kind: Kind, text: str) -> TableHeader:
    try:
        values = json.loads(text)
        version = int(values["format_version"])
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        raise CheckpointError(f"{path}: no tables of tangpoet's; give a file that it made") from None
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: written by a newer tangpoet (format {version}, this one reads {FORMAT_VERSION}); update tangpoet"
        )
    try:
        header = TableHeader.model_validate(values)
    except ValidationError as error:
        raise CheckpointError(f"{path}: the header is damaged ({first_fault(error)}); {_ADVICE}") from None
    if header.kind != kind:
        raise CheckpointError(f"{path}: holds tables of kind {header.kind!r}, not {kind!r}; give the other file")
    return header


def _checksum(arrays: Arrays) -> str:
    """SHA-256 of the names, types, shapes and bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
