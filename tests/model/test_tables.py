"""Files of tables: what is read is what was written, and anything else is refused in one line."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from model import tables
from model.errors import CheckpointError
from model.tables import Arrays, TableHeader, load_tables, save_tables

HEADER = TableHeader(kind="lines", source="made here", characters="月山", numbers={"below": 3})
ARRAYS: Arrays = {"a": np.arange(6, dtype=np.uint16).reshape(2, 3), "b": np.array([1.5], dtype=np.float32)}
WANTED = {"a": ("U16", 2), "b": ("F32", 1)}


def write(path: Path, header: Any, arrays: Arrays = ARRAYS) -> Path:
    """A file with any header."""
    text = header if isinstance(header, str) else json.dumps(header)
    save_file(dict(arrays), path, {"tangpoet": text})
    return path


def refused(path: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(CheckpointError) as caught:
        load_tables(path, "lines", WANTED)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.safetensors"
    save_tables(path, HEADER, ARRAYS)
    header, arrays = load_tables(path, "lines", WANTED)
    assert header == HEADER.model_copy(update={"checksum": header.checksum})
    assert {name: array.tolist() for name, array in arrays.items()} == {"a": [[0, 1, 2], [3, 4, 5]], "b": [1.5]}
    first = path.read_bytes()
    save_tables(path, HEADER, ARRAYS)
    assert path.read_bytes() == first
    assert [entry.name for entry in path.parent.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.absolute, "cannot be read (No such file or directory)"),
        (Path.mkdir, "cannot be read"),
        (Path.touch, "damaged"),
        (lambda path: path.write_text("月落乌啼霜满天"), "damaged"),
        (lambda path: path.write_bytes(struct.pack("<Q", 2**60) + b"{}"), "damaged"),
        (lambda path: save_file({"a": np.ones(1)}, path), "no tables of tangpoet's"),
        (lambda path: write(path, "{"), "no tables of tangpoet's"),
        (lambda path: write(path, []), "no tables of tangpoet's"),
        (lambda path: write(path, "[" * 100_000), "no tables of tangpoet's"),
        (lambda path: write(path, '{"format_version": Infinity}'), "no tables of tangpoet's"),
        (lambda path: write(path, {"format_version": 2}), "written by a newer tangpoet (format 2, this one reads 1)"),
        (lambda path: write(path, {"format_version": 1}), "the header is damaged"),
        (
            lambda path: write(path, HEADER.model_dump() | {"kind": "usage"}),
            "holds tables of kind 'usage', not 'lines'",
        ),
        (lambda path: write(path, HEADER.model_dump() | {"numbers": {"below": -1}}), "the header is damaged"),
        (lambda path: write(path, HEADER.model_dump()), "the checksum differs"),
        (lambda path: save_tables(path, HEADER, {"a": ARRAYS["a"]}), "its arrays are not those of 'lines' (b)"),
        (lambda path: save_tables(path, HEADER, {**ARRAYS, "c": ARRAYS["b"]}), "'lines' (c)"),
        (lambda path: save_tables(path, HEADER, {**ARRAYS, "b": np.ones(1)}), "'lines' (b)"),
        (lambda path: save_tables(path, HEADER, {**ARRAYS, "b": np.ones((1, 1), np.float32)}), "'lines' (b)"),
    ],
)
def test_foreign_and_damaged_files_are_told_apart(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "a.safetensors")
    assert said in refused(tmp_path / "a.safetensors")


@given(st.data())
def test_damage_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bits flip and wherever a file is cut: it gives the same arrays, or is refused."""
    good, path = (tmp_path_factory.getbasetemp() / name for name in ("good.tables", "bad.tables"))
    if not good.exists():
        save_tables(good, HEADER, ARRAYS)
    content = bytearray(good.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] ^= data.draw(st.integers(0, 255))
    end = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    path.write_bytes(bytes(content[:end]) + data.draw(st.just(b"") | st.binary(max_size=9)))
    try:
        _, arrays = load_tables(path, "lines", WANTED)
    except CheckpointError:
        refused(path)
        return
    assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


def test_a_file_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_tables(tmp_path / "a", HEADER, ARRAYS)
    monkeypatch.setattr(tables, "LARGEST_FILE", 10)
    assert "too large" in refused(tmp_path / "a")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=r"cannot be written \(.+\); free some space"):
        save_tables(tmp_path / "file" / "a", HEADER, ARRAYS)
