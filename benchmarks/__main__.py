"""All benchmarks that need no corpus: python -m benchmarks [--quick]. With --corpus PATH also training and quality."""

import argparse
import subprocess
import sys
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--quick", action="store_true")
parser.add_argument("--corpus", type=Path)
options = parser.parse_args()
flags = ["--quick"] if options.quick else []
names = ("generation", "bot", "adder", "pictures", "cells", "home", "growth", "jobs", "load")
runs = [[f"benchmarks.{name}"] for name in names]
if options.corpus:
    runs += [[f"benchmarks.{name}", "--corpus", str(options.corpus)] for name in ("training", "quality")]
for run in runs:
    print(f"\n{' '.join(run)}", flush=True)
    # A process each, so that none is measured in the memory of another.
    subprocess.run([sys.executable, "-m", *run, *flags], check=True)
