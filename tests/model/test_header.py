"""Files that are damaged, foreign, newer or hostile: each is refused in one line that names it."""

import errno
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from model import checkpoint
from model.checkpoint import load, save
from model.errors import CheckpointError
from model.generation import Poet
from model.header import Header, Kind
from tests.model.learning import same

HEADER = Header(kind="poem", configuration={"hidden": 3}, recipe="tiny", corpus="made here", seed=1, step=2)


def assemble(entries: Any, data: bytes = b"") -> bytes:
    """A safetensors file of any JSON and data."""
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def entries_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def attempt(path: Path) -> dict[str, Tensor] | None:
    """The tensors, or None where the file is refused."""
    try:
        _, tensors = load(path, "poem")
    except CheckpointError:
        refused(path)
        return None
    return tensors


def refused(path: Path, kind: Kind = "poem") -> str:
    """The one line with which a file is refused."""
    with pytest.raises(CheckpointError) as caught:
        load(path, kind)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.absolute, "cannot be read (No such file or directory)"),
        (Path.mkdir, "cannot be read (Is a directory)"),
        (Path.touch, "not a safetensors file, or cut short"),
        (lambda path: path.write_bytes(b"\0" * 8), "not a safetensors file, or cut short"),
        (lambda path: path.write_text("月落乌啼霜满天，江枫渔火对愁眠。"), "not a safetensors file"),
        (lambda path: path.write_bytes(b"PK\3\4" + bytes(100)), "not a safetensors file"),
        (lambda path: path.write_bytes(struct.pack("<Q", 2**60) + b"{}"), "not a safetensors file"),
        (lambda path: path.write_bytes(struct.pack("<Q", 20 * 2**20) + bytes(21 * 2**20)), "not a safetensors file"),
        (lambda path: path.write_bytes(struct.pack("<Q", 5000) + b"[" * 5000), "not a safetensors file"),
        (lambda path: path.write_bytes(assemble([])), "cut short or damaged"),
        (lambda path: path.write_bytes(assemble({})), "not tangpoet's weights"),
        (lambda path: path.write_bytes(assemble({"__metadata__": "mine"})), "not tangpoet's weights"),
        (lambda path: path.write_bytes(assemble({"__metadata__": {"format": "pt"}})), "not tangpoet's weights"),
        (lambda path: path.write_bytes(assemble({"__metadata__": {"tangpoet": {}}})), "not tangpoet's weights"),
        (lambda path: path.write_bytes(assemble({"__metadata__": {"tangpoet": "{"}})), "the header is damaged"),
        (lambda path: path.write_bytes(assemble({"__metadata__": {"tangpoet": "[]"}})), "the header is damaged"),
        (
            lambda path: path.write_bytes(assemble({"__metadata__": {"tangpoet": '{"format_version": Infinity}'}})),
            "the header is damaged",
        ),
        (
            lambda path: path.write_bytes(assemble({"__metadata__": {"tangpoet": '{"format_version": 2}'}})),
            "written by a newer tangpoet (format 2, this one reads 1); update tangpoet",
        ),
        (
            lambda path: path.write_bytes(assemble({"__metadata__": {"tangpoet": '{"a\\nb": 1}'}})),
            "the header is damaged",
        ),
    ],
)
def test_foreign_and_damaged_files_are_told_apart(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "a.safetensors")
    assert said in refused(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"data_offsets": []},
        {"data_offsets": [0]},
        {"data_offsets": None},
        {"data_offsets": [0, 1e999]},
        {"data_offsets": [0, -1]},
        {"data_offsets": [0, "x"]},
        {"data_offsets": [0, 2**70]},
        {"data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [4, 4]},
        {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]},
        {"dtype": "F4", "shape": [8], "data_offsets": [0, 4]},
        {"dtype": "F6_E2M3", "shape": [4], "data_offsets": [0, 3]},
        {"dtype": "F8_E8M0", "shape": [4], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": "1", "data_offsets": "04"},
    ],
)
def test_entries_of_any_kind_are_no_crash(tmp_path: Path, entry: Any) -> None:
    path = tmp_path / "a.safetensors"
    own = json.dumps(HEADER.model_dump(mode="json"))
    for size in (0, 3, 4):
        path.write_bytes(assemble({"__metadata__": {"tangpoet": own}, "x": entry}, bytes(size)))
        attempt(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(Header.model_fields)), JSON)
@settings(deadline=None)
def test_header_values_of_any_type_are_no_crash(
    tmp_path_factory: pytest.TempPathFactory, field: str, value: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "typed.safetensors"
    path.write_bytes(assemble({"__metadata__": {"tangpoet": json.dumps(HEADER.model_dump() | {field: value})}}))
    attempt(path)
    with pytest.raises(CheckpointError):
        Poet.load(path, "cpu")


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_damage_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bits flip and wherever a file is cut: it gives the same tensors, or is refused."""
    good, path = (tmp_path_factory.getbasetemp() / name for name in ("good.safetensors", "bad.safetensors"))
    tensors = {"weight": torch.tensor([[1.5, -2.0], [0.25, 3.0]]), "bias": torch.tensor([7, 8])}
    if not good.exists():
        save(good, tensors, HEADER)
    content = bytearray(good.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] ^= data.draw(st.integers(0, 255))
    end = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    path.write_bytes(bytes(content[:end]) + data.draw(st.just(b"") | st.binary(max_size=9)))
    loaded = attempt(path)
    assert loaded is None or same(loaded, tensors)


def test_every_bit_of_the_weights_counts(tmp_path: Path) -> None:
    save(tmp_path / "a", {"x": torch.ones(4), "y": torch.ones((), dtype=torch.bfloat16)}, HEADER)
    content = (tmp_path / "a").read_bytes()
    _, data = entries_of(content)
    for place in range(len(content) - len(data), len(content)):
        (tmp_path / "b").write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert "damaged" in refused(tmp_path / "b")


def test_weights_without_a_checksum_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "a", {"x": torch.ones(4)}, HEADER)
    entries, data = entries_of((tmp_path / "a").read_bytes())
    own = json.loads(entries["__metadata__"]["tangpoet"])
    del own["checksum"]
    entries["__metadata__"]["tangpoet"] = json.dumps(own)
    (tmp_path / "b").write_bytes(assemble(entries, data))
    assert "the checksum differs" in refused(tmp_path / "b")


def test_weights_of_another_kind_are_named(tmp_path: Path) -> None:
    save(tmp_path / "a", {}, HEADER)
    assert "holds weights of kind 'poem', not 'adder'" in refused(tmp_path / "a", "adder")


def fail(*_: Any) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_fails_between_two_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a", {}, HEADER)
    monkeypatch.setattr(checkpoint, "load_file", fail)
    assert "damaged" in refused(tmp_path / "a")
