"""Weights on disk: safetensors, with a header that says all that is needed to use and to judge them.

This is the way into torch and out of it. What a processor uses is read without it: `weights.py`.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from model.errors import CheckpointError, NotSavedError
from model.header import Header, Kind, read_header
from model.weights import check_names_and_shapes

Network = TypeVar("Network", bound=nn.Module)


def save(path: Path, tensors: Mapping[str, Tensor], header: Header, *, half: bool = False) -> None:
    """Write the file whole or not at all: a crash leaves the old one in place.

    Args:
        path: where to.
        tensors: what to write; shared memory is written once for each name.
        header: what the file says of itself.
        half: store floating-point tensors in 16 bits (float16), as shipped weights are.

    Raises:
        NotSavedError: if the disk is full or the folder cannot be written; the old file is as it was.
    """
    contents = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).detach().cpu().contiguous().clone()
        for name, tensor in tensors.items()
    }
    header = header.model_copy(update={"checksum": _checksum(contents)})
    metadata = {"tangpoet": json.dumps(header.model_dump(mode="json"), ensure_ascii=False)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            save_file(contents, temporary, metadata=metadata)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise NotSavedError(
            f"{path}: cannot be written ({reason}); free some space or choose another folder"
        ) from error


def load(path: Path, kind: Kind) -> tuple[Header, dict[str, Tensor]]:
    """Read a file of weights onto the CPU.

    Raises:
        CheckpointError: naming the file and the reason.
    """
    header = read_header(path, kind)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: damaged ({error}); take the file from where it came once more") from None
    if header.checksum != _checksum(tensors):
        raise CheckpointError(f"{path}: damaged (the checksum differs); take the file from where it came once more")
    return header, tensors


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the names, types, shapes and bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def parameters_of(network: nn.Module) -> dict[str, Tensor]:
    """The network's weights by name; a matrix that two layers share stands there once."""
    return dict(network.named_parameters())


def build(make: Callable[[], Network], tensors: Mapping[str, Tensor], path: Path) -> Network:
    """Make a network and fill it with the tensors, in single precision, dropout off.

    The shapes are compared before anything is allocated: a small file cannot ask for a large network.

    Raises:
        CheckpointError: if a tensor is missing, too many, of another shape, or holds values that are not finite.
    """
    with torch.device("meta"):
        wanted = parameters_of(make())
    check_names_and_shapes(_shapes(tensors), _shapes(wanted), path)
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or not torch.isfinite(tensor.float()).all():
            raise CheckpointError(f"{path}: {name} holds values that are no finite numbers")
    network = make().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(tensors[name])
    return network


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
