"""Weights read as numpy arrays: all that a processor needs to write poems and to add. Needs no torch."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from model.configuration import NetworkConfiguration
from model.errors import CheckpointError
from model.header import Header, Kind, read_header

Floats = NDArray[np.float32]
Arrays = Mapping[str, NDArray[np.floating]]

_ADVICE = "take the file from where it came once more"


@dataclass(frozen=True, slots=True, eq=False)
class PoemWeights:
    """A network that writes poems, as arrays by the names of its parameters, in single precision or in half."""

    configuration: NetworkConfiguration
    arrays: Arrays


def load_arrays(path: Path, kind: Kind) -> tuple[Header, dict[str, NDArray[np.floating]]]:
    """Read a file of weights as `checkpoint.save` writes it.

    Raises:
        CheckpointError: naming the file and the reason.
    """
    header = read_header(path, kind)
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError, TypeError, KeyError) as error:
        # The latter two: a type of numbers that numpy does not know.
        raise CheckpointError(f"{path}: damaged ({error}); {_ADVICE}") from None
    if header.checksum != _checksum(arrays):
        raise CheckpointError(f"{path}: damaged (the checksum differs); {_ADVICE}")
    return header, arrays


def fit(arrays: Arrays, shapes: Mapping[str, tuple[int, ...]], path: Path) -> dict[str, NDArray[np.floating]]:
    """The arrays, if they are what a network needs: those of half precision as they are, others in single precision.

    Raises:
        CheckpointError: if one is missing, too many, of another shape, or holds values that are not finite.
    """
    check_names_and_shapes({name: array.shape for name, array in arrays.items()}, shapes, path)
    with np.errstate(over="ignore"):  # too large a number becomes infinite, and is found below
        found = {name: _at_most_single(array) for name, array in arrays.items() if array.dtype.kind == "f"}
    for name in arrays:
        if name not in found or not np.isfinite(found[name]).all():
            raise CheckpointError(f"{path}: {name} holds values that are no finite numbers")
    return found


def _at_most_single(array: NDArray[np.floating]) -> NDArray[np.floating]:
    return array if array.dtype == np.float16 else array.astype(np.float32)


def check_names_and_shapes(
    found: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]], path: Path
) -> None:
    """Hold what a file has against what its configuration asks for, before anything is allocated for it.

    Raises:
        CheckpointError: naming what does not fit.
    """
    if found.keys() != wanted.keys():
        odd = ", ".join(sorted(found.keys() ^ wanted.keys())[:3])
        raise CheckpointError(f"{path}: its tensors do not fit its configuration ({odd})")
    for name, shape in found.items():
        if tuple(shape) != tuple(wanted[name]):
            raise CheckpointError(f"{path}: {name} has shape {tuple(shape)}, not {tuple(wanted[name])}")


def _checksum(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """SHA-256 as `checkpoint.save` takes it: torch's names of the types, which begin like numpy's."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} torch.{array.dtype} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
