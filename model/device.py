"""Where a network computes, and in which precision."""

import time
from typing import Literal

import torch
from torch import nn

from model.errors import ModelError

Precision = Literal["float32", "bfloat16", "float16"]


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` takes cuda, then mps, then cpu.

    Raises:
        ModelError: for a device that this machine or this build of PyTorch lacks.
    """
    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    available = [kind for kind, present in kinds.items() if present]
    if name == "auto":
        return torch.device(available[0])
    if name not in {*available, *(f"cuda:{number}" for number in range(torch.cuda.device_count()))}:
        raise ModelError(f"device {name!r} is not available here; choose auto or one of: {', '.join(available)}")
    return torch.device(name)


def choose_precision(device: torch.device) -> Precision:
    """The precision in which a small training step is fastest here, among those whose result is finite.

    A processor without the instructions for bfloat16 takes longer with it, and some devices refuse it: so it is tried.
    """
    best: Precision = "float32"
    best_seconds = _probe(device, best)
    others: tuple[Precision, ...] = ("bfloat16",) if device.type == "cpu" else ("bfloat16", "float16")
    for precision in others:
        try:
            seconds = _probe(device, precision)
        except RuntimeError:
            continue
        if seconds < 0.9 * best_seconds:
            best, best_seconds = precision, seconds
    return best


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """A context in which matrix products run in the precision."""
    return torch.autocast(device.type, dtype=getattr(torch, precision), enabled=precision != "float32")


def _probe(device: torch.device, precision: Precision) -> float:
    """Seconds of the fastest of a few small training steps.

    Raises:
        RuntimeError: if the device refuses the precision, or its result is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        lstm = nn.LSTM(128, 128, batch_first=True).to(device)
        batch = torch.randn(32, 24, 128).to(device)
    fastest = float("inf")
    for _ in range(4):
        started = time.perf_counter()
        with autocast(device, precision):
            loss = lstm(batch)[0].float().square().mean()
        loss.backward()
        if not torch.isfinite(loss).item():
            raise RuntimeError(f"{precision} gives no finite result on {device}")
        fastest = min(fastest, time.perf_counter() - started)
    return fastest
