"""The list of poems that no training ever sees: hashes of poems and lines, no text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from model.corpus.files import write_whole
from model.corpus.lines import LineTable
from model.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from model.corpus.lines import Keys
    from model.corpus.poems import SourcePoem

SHIPPED: Final = Path(__file__).parents[2] / "data" / "held-out.safetensors"
"""The list that every training uses: 2 % and 2 % of the Tang poems of chinese-poetry.

Made by `python -m model corpus hold-out PATH --dynasty tang --out FILE`.
"""

_FORMAT: Final = {"format": "tangpoet", "format_version": 1, "kind": "held-out"}
_LARGEST_FILE: Final = 64 * 2**20
# Of each line's key 40 bits are kept: with 100,000 keys listed one foreign key in ten millions is taken for a near one.
_KEY_BYTES: Final = 5
_DROPPED_BITS: Final = np.uint64(64 - 8 * _KEY_BYTES)


def _metadata(source: str) -> dict[str, str]:
    # One entry: the file's bytes would change with the order of several.
    return {"tangpoet": json.dumps({**_FORMAT, "source": source})}


def _is_ours(metadata: dict[str, str]) -> bool:
    try:
        stated = json.loads(metadata.get("tangpoet", ""))
    except ValueError:
        return False
    return isinstance(stated, dict) and all(stated.get(key) == value for key, value in _FORMAT.items())


def _sorted(values: Keys) -> Keys:
    unique: Keys = np.unique(values)
    return unique


def _contains(listed: Keys, values: Keys) -> NDArray[np.bool_]:
    """Which of the values are in the sorted list."""
    if not len(listed):
        return np.zeros(len(values), dtype=np.bool_)
    places = np.minimum(np.searchsorted(listed, values), len(listed) - 1)
    found: NDArray[np.bool_] = listed[places] == values
    return found


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Sorted hashes.

    Attributes:
        test, valid: of whole poems.
        lines: of the near keys of all their lines, their upper 40 bits.
    """

    test: Keys
    valid: Keys
    lines: Keys

    @classmethod
    def empty(cls) -> Self:
        nothing = np.zeros(0, dtype=np.uint64)
        return cls(nothing, nothing, nothing)

    @classmethod
    def of(cls, test: Sequence[SourcePoem], valid: Sequence[SourcePoem]) -> Self:
        tables = LineTable.of(test), LineTable.of(valid)
        keys = [keys >> _DROPPED_BITS for table in tables for keys, _ in table.near_keys()]
        lines = np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)
        return cls(_sorted(tables[0].poems), _sorted(tables[1].poems), _sorted(lines))

    def lists_test(self, poems: Keys) -> NDArray[np.bool_]:
        """Which poems are listed for testing, by their hashes."""
        return _contains(self.test, poems)

    def lists_valid(self, poems: Keys) -> NDArray[np.bool_]:
        """Which poems are listed for validation, by their hashes."""
        return _contains(self.valid, poems)

    def lists_line(self, keys: Keys) -> NDArray[np.bool_]:
        """Which lines are within one character of a line of a listed poem, by their near keys."""
        return _contains(self.lines, keys >> _DROPPED_BITS)

    def save(self, path: Path, source: str) -> None:
        """Write the list, at once or not at all.

        Args:
            path: the file; its folder is made where it is missing.
            source: fingerprint of the corpus that the list was drawn from.

        Raises:
            CorpusError: the file cannot be written.
        """
        lines = self.lines.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - _KEY_BYTES :]
        tensors: dict[str, NDArray[Any]] = {
            "test": self.test,
            "valid": self.valid,
            "lines": np.ascontiguousarray(lines),
        }
        try:
            write_whole(path, save(tensors, _metadata(source)))
        except OSError as error:
            reason = f"{path} cannot be written ({error.strerror})"
            raise CorpusError(f"{reason}: make room or choose another place") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a list.

        Raises:
            CorpusError: the file is missing, damaged, or no list of held-out poems.
        """
        advice = "fetch the file again, or make it with `python -m model corpus hold-out`"
        try:
            if path.stat().st_size > _LARGEST_FILE:
                raise CorpusError(f"{path} is too large for a list of held-out poems: {advice}")
            with safe_open(path, framework="numpy") as file:
                if not _is_ours(file.metadata() or {}):
                    raise CorpusError(f"{path} is no list of held-out poems that this version reads: {advice}")
                test, valid, short = (file.get_tensor(name) for name in ("test", "valid", "lines"))
        except (OSError, SafetensorError) as error:
            raise CorpusError(f"the list of held-out poems {path} cannot be read ({error}): {advice}") from error
        if not (
            test.dtype == valid.dtype == np.uint64 and short.dtype == np.uint8
            and test.ndim == valid.ndim == 1 and short.shape[1:] == (_KEY_BYTES,)
        ):  # fmt: skip
            raise CorpusError(f"the list of held-out poems {path} is damaged: {advice}")
        padded = np.zeros((len(short), 8), dtype=np.uint8)
        padded[:, 8 - _KEY_BYTES :] = short
        lines = padded.view(">u8").reshape(-1).astype(np.uint64)
        return cls(_sorted(test), _sorted(valid), _sorted(lines))


@cache
def shipped() -> HeldOut:
    """The list that is shipped."""
    return HeldOut.load(SHIPPED)
