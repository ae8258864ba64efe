"""Weights as arrays: what torch reads, without it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.errors import CheckpointError
from model.shipped import SHIPPED
from model.stepping import NumpyStepper
from model.weights import PoemWeights, fit, load_arrays
from tests.model.learning import header_of, network, poet, save_poet


@pytest.mark.parametrize("name", ["lstm", "poet"])
def test_shipped_weights_are_the_same_with_torch_and_without(name: str) -> None:
    header, arrays = load_arrays(SHIPPED / f"{name}.safetensors", "poem")
    same, tensors = checkpoint.load(SHIPPED / f"{name}.safetensors", "poem")
    assert header == same
    assert arrays.keys() == tensors.keys()
    assert all(np.array_equal(array, tensors[own].numpy()) for own, array in arrays.items())


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = save_poet(tmp_path / "a.safetensors", poet())
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="the checksum differs"):
        load_arrays(path, "poem")


def test_numbers_of_a_type_that_numpy_lacks_are_refused(tmp_path: Path) -> None:
    short = {name: own.bfloat16() for name, own in checkpoint.parameters_of(poet().network).items()}
    checkpoint.save(tmp_path / "a.safetensors", short, header_of(poet()))
    with pytest.raises(CheckpointError, match=r"a\.safetensors: damaged"):
        load_arrays(tmp_path / "a.safetensors", "poem")


def arrays_of(**shape: Any) -> tuple[dict[str, np.ndarray], dict[str, tuple[int, ...]]]:
    reader = network(**shape)
    return {name: own.detach().numpy() for name, own in reader.named_parameters()}, reader.configuration.shapes()


@pytest.mark.parametrize("shape", [{"cell": "rnn"}, {"tied": True, "layers": 2}, {"slot": 2, "echo": 3, "tied": True}])
def test_the_shapes_are_those_of_torchs_network(shape: dict[str, Any]) -> None:
    arrays, shapes = arrays_of(**shape)
    fitting = fit(arrays, shapes, Path("a"))
    assert all(np.array_equal(fitting[name], array) for name, array in arrays.items())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output.bias": None}, "its tensors do not fit its configuration (output.bias)"),
        ({"more": np.ones(1, np.float32)}, "its tensors do not fit its configuration (more)"),
        ({"output.bias": np.ones(3, np.float32)}, "output.bias has shape (3,), not (20,)"),
        ({"output.bias": np.full(20, np.nan, np.float32)}, "output.bias holds values that are no finite numbers"),
        ({"output.bias": np.full(20, 1e300)}, "output.bias holds values that are no finite numbers"),
        ({"output.bias": np.ones(20, np.int64)}, "output.bias holds values that are no finite numbers"),
    ],
)
def test_arrays_must_fit_the_network(changes: dict[str, Any], said: str) -> None:
    arrays, shapes = arrays_of()
    changed = {name: array for name, array in (arrays | changes).items() if array is not None}
    with pytest.raises(CheckpointError) as caught:
        fit(changed, shapes, Path("a"))
    assert said in str(caught.value)


def test_half_precision_stays_and_double_is_rounded() -> None:
    arrays, shapes = arrays_of()
    for given, kept in ((np.float16, np.float16), (np.float32, np.float32), (np.float64, np.float32)):
        found = fit({name: array.astype(given) for name, array in arrays.items()}, shapes, Path("a"))
        assert {array.dtype for array in found.values()} == {np.dtype(kept)}


@pytest.mark.parametrize("shape", [{"cell": "gru"}, {"slot": 2, "echo": 3, "tied": True, "layers": 2}])
def test_a_network_kept_in_half_precision_says_what_it_would_in_single(shape: dict[str, Any]) -> None:
    arrays, _ = arrays_of(**shape)
    configuration = network(**shape).configuration
    ids = np.random.default_rng(0).integers(1, 20, (3, 6))
    said = []
    for kind in (np.float16, np.float32):
        kept: dict[str, NDArray[np.floating]] = {
            name: array.astype(np.float16).astype(kind) for name, array in arrays.items()
        }
        said.append(NumpyStepper(PoemWeights(configuration, kept)).log_probabilities(ids[:, :-1], ids[:, 1:]))
    assert np.array_equal(said[0], said[1])
