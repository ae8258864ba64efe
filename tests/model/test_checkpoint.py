"""Weights on disk: exact, whole or not at all, and never trusted."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from model.checkpoint import build, load, parameters_of, save
from model.errors import CheckpointError
from model.generation import Poet
from model.header import Header, fingerprint, read_header
from tests.model.learning import network, poet, same, save_poet

HEADER = Header(kind="poem", configuration={"hidden": 3}, recipe="tiny", corpus="made here", seed=1, step=2)
DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]


@st.composite
def tensor_sets(draw: st.DrawFn) -> dict[str, Tensor]:
    names = draw(st.lists(st.text("abc.月", min_size=1, max_size=5), max_size=4, unique=True))
    return {
        name: torch.randint(-9, 9, draw(st.lists(st.integers(0, 3), max_size=3))).to(draw(st.sampled_from(DTYPES)))
        for name in names
    }


@given(tensor_sets())
@settings(deadline=None)
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, Tensor]) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.safetensors"
    save(path, tensors, HEADER)
    found, loaded = load(path, "poem")
    assert same(loaded, tensors)
    assert {name: tensor.dtype for name, tensor in loaded.items()} == {name: t.dtype for name, t in tensors.items()}
    assert found.model_copy(update={"checksum": ""}) == HEADER


def test_every_field_of_the_header_comes_back(tmp_path: Path) -> None:
    full = Header(
        kind="run",
        configuration={"cell": "gru", "dropout": 0.1},
        characters="月，。𠀀",
        script="hant",
        recipe="poet",
        settings={"clip": None, "initialisation": {"output": "normal"}},
        corpus="ab" * 32,
        seed=2**63 - 1,
        step=12,
        figures={"loss": 4.25},
        run={"position": {"epoch": 1}, "scaler": {}},
    )
    save(tmp_path / "new" / "folder" / "a.safetensors", {}, full)
    found = read_header(tmp_path / "new" / "folder" / "a.safetensors", "run")
    assert found.model_copy(update={"checksum": ""}) == full
    assert found.format_version == 1
    assert found.version


def test_views_and_shared_memory_are_saved_by_value(tmp_path: Path) -> None:
    matrix = torch.arange(6.0).reshape(2, 3)
    save(tmp_path / "a", {"matrix": matrix, "turned": matrix.t(), "row": matrix[1]}, HEADER)
    _, loaded = load(tmp_path / "a", "poem")
    assert same(loaded, {"matrix": matrix, "turned": matrix.t(), "row": matrix[1]})


def test_half_precision_halves_floating_numbers_only(tmp_path: Path) -> None:
    save(tmp_path / "a", {"weight": torch.tensor([0.1, 2.0]), "count": torch.tensor([70_000])}, HEADER, half=True)
    _, loaded = load(tmp_path / "a", "poem")
    assert loaded["weight"].dtype is torch.float16
    assert torch.equal(loaded["weight"], torch.tensor([0.1, 2.0]).half())
    assert loaded["count"].tolist() == [70_000]


def test_the_same_weights_give_the_same_bytes_and_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / name, {"x": torch.ones(2), "y": torch.zeros(3), "z": torch.ones(1)}, HEADER)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert len(fingerprint(tmp_path / "a")) == 16
    assert int(fingerprint(tmp_path / "a"), 16) >= 0


def fail(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("place", ["os.fsync", "save_file", "tempfile.mkstemp", "Path.replace", "Path.mkdir"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = tmp_path / "a.safetensors"
    save(path, {"x": torch.ones(2)}, HEADER)
    before = path.read_bytes()
    monkeypatch.setattr(f"model.checkpoint.{place}", fail)
    with pytest.raises(CheckpointError, match=r"cannot be written \(No space left on device\); free some space"):
        save(path, {"x": torch.zeros(2)}, HEADER)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="cannot be written"):
        save(tmp_path / "file" / "a", {}, HEADER)


def test_a_tied_matrix_is_saved_once() -> None:
    tied = network(tied=True)
    assert "output.weight" not in parameters_of(tied)
    other = build(lambda: network(tied=True, seed=1), parameters_of(tied), Path("a"))
    assert other.output.weight is other.embedding.weight
    assert same(parameters_of(other), parameters_of(tied))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensors: tensors.pop("output.bias"), "its tensors do not fit its configuration (output.bias)"),
        (lambda tensors: tensors.update(more=torch.ones(1)), "its tensors do not fit its configuration (more)"),
        (lambda tensors: tensors.update({"output.bias": torch.ones(3)}), "output.bias has shape (3,), not (20,)"),
        (lambda tensors: tensors["output.bias"].fill_(torch.nan), "output.bias holds values that are no finite"),
        (lambda tensors: tensors["output.bias"].fill_(torch.inf), "output.bias holds values that are no finite"),
        (lambda tensors: tensors.update({"output.bias": torch.ones(20).long()}), "are no finite numbers"),
        (
            lambda tensors: tensors.update({"output.bias": torch.full((20,), 1e300, dtype=torch.float64)}),
            "finite numbers",
        ),
    ],
)
def test_tensors_must_fit_the_network(change: Callable[[dict[str, Tensor]], object], said: str) -> None:
    tensors = {name: tensor.detach().clone() for name, tensor in parameters_of(network()).items()}
    change(tensors)
    with pytest.raises(CheckpointError) as caught:
        build(network, tensors, Path("a.safetensors"))
    assert said in str(caught.value)


def test_shorter_numbers_are_widened() -> None:
    short = {
        name: torch.ones(tensor.shape).to(torch.float8_e4m3fn) for name, tensor in parameters_of(network()).items()
    }
    wide = build(network, short, Path("a.safetensors"))
    assert {parameter.dtype for parameter in wide.parameters()} == {torch.float32}
    assert all((parameter == 1).all() for parameter in wide.parameters())


def test_a_network_that_does_not_fit_is_never_allocated() -> None:
    made: list[torch.device] = []

    def make() -> nn.Module:
        layer = nn.Linear(50_000, 50_000)
        made.append(layer.weight.device)
        return layer

    with pytest.raises(CheckpointError, match="weight has shape"):
        build(make, {"weight": torch.ones(1), "bias": torch.ones(1)}, Path("a"))
    assert [device.type for device in made] == ["meta"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"configuration": {}}, "the header is damaged"),
        ({"configuration": {"symbols": 10**9}}, "the header is damaged"),
        ({"characters": "月月，。"}, "different single characters"),
        ({"characters": "月山"}, "its vocabulary does not fit its network"),
        ({"script": None}, "the header is damaged"),
    ],
)
def test_a_poets_header_must_fit(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = save_poet(tmp_path / "a.safetensors", poet(), **changes)
    with pytest.raises(CheckpointError) as caught:
        Poet.load(path, "cpu")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_vocabulary_without_marks_writes_no_poem(tmp_path: Path) -> None:
    writer = poet()
    characters = "".join(writer.vocabulary.characters).replace("，", "x")
    path = save_poet(tmp_path / "a.safetensors", writer, characters=characters)
    with pytest.raises(CheckpointError, match="needs ，, 。 and other characters"):
        Poet.load(path, "cpu")


def test_a_poet_comes_back_from_its_file(tmp_path: Path) -> None:
    writer = poet()
    path = save_poet(tmp_path / "a.safetensors", writer)
    again = Poet.load(str(path), "cpu")
    assert again.weights == fingerprint(path)
    assert again.vocabulary == writer.vocabulary
    assert again.header is not None
    assert again.header.figures == {"loss": 3.0}
    assert again.compose("月", seed=5)[0].text == writer.compose("月", seed=5)[0].text
