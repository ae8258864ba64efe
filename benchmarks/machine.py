"""On what a benchmark ran."""

import os
import platform
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import ThreadpoolController


def machine() -> str:
    """Processor, cores, threads and versions, in a line."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [
            line.partition(":")[2].strip() for line in information.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{model}{gpu}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, PyTorch {torch.__version__}, NumPy {np.__version__} {_kernels()}"
    )


def _kernels() -> str:
    """For which processors numpy's products were written that are used here."""
    found = [own for own in ThreadpoolController().info() if own["internal_api"] == "openblas"]
    return f"(OpenBLAS for {found[0]['architecture']})" if found else "(without OpenBLAS)"
