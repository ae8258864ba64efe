"""Whether a graphics processor may be here, found out without torch, which takes seconds to load."""

import ctypes
import platform
import sys
from typing import Final

# NVIDIA's driver, and AMD's.
_DRIVERS: Final = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libamdhip64.so")


def device_name(wanted: str = "auto") -> str:
    """The device that a setting means: "cpu", "cuda" or "mps".

    Raises:
        ModelError: for a device that this machine or this build of PyTorch lacks.
    """
    if wanted == "cpu" or (wanted == "auto" and not may_have_accelerator()):
        return "cpu"
    from model.device import choose_device  # noqa: PLC0415 - torch is asked only where there may be something to find

    return str(choose_device(wanted))


def may_have_accelerator() -> bool:
    """Whether a driver for one is installed, or this is an Apple processor, which has one."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return any(map(_loads, _DRIVERS))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
