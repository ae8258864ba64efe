"""The command line as a process of its own: stopped, killed, cut off; and what it imports."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import model
from model import checkpoint
from model.run import RunFolder
from model.run_log import RunLog
from tests.model.learning import call, changes, events, poet, save_poet, write_corpus

FILES = sorted(Path(model.__file__).parent.rglob("*.py"))
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def start(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "model", *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ONE_THREAD, encoding="utf-8"
    )


def wait_for_steps(process: subprocess.Popen[str], log: RunLog, offset: int = 0) -> None:
    """Until it has told of steps, and of something behind them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        events, _ = log.read(offset)
        if any(event["event"] == "progress" for event in events[:-1]):
            return
        time.sleep(0.02)
    raise AssertionError("the training does not begin")


def test_a_killed_run_goes_on_and_ctrl_c_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, out = write_corpus(tmp_path / "poems.txt", 300), tmp_path / "run"
    small = changes("embedding=8", "hidden=12", "epochs=3", "batch=4", "floor=1", "dropout=0.1")
    words = ["train", "--recipe", "gru", "--corpus", corpus, "--out", out, *small, "--checkpoint-every", 5]
    killed = start(*words)
    wait_for_steps(killed, RunLog(out))
    killed.kill()
    killed.communicate()
    header, _ = checkpoint.load(out / "checkpoint.safetensors", "run")
    assert header.step > 0

    _, offset = RunLog(out).read()
    stopped = start(*words, "--resume")
    wait_for_steps(stopped, RunLog(out), offset)
    stopped.send_signal(signal.SIGINT)
    said, errors = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert said == ""
    assert "Traceback" not in errors
    again = " ".join(["python -m model", *map(str, words), "--resume"])
    assert errors.endswith(f"stopped and saved; go on with:\n{again}\n")

    monkeypatch.setattr(RunFolder, "draw", lambda _: None)
    assert call(*words, "--resume") == 0
    told = events(out)
    assert [event["epoch"] for event in told if event["event"] == "epoch"] == [1, 2, 3]
    steps = [event["step"] for event in told if event["event"] == "progress"]
    assert steps == sorted(set(steps))
    assert set(range(5, 3 * 73, 5)) <= set(steps)


def test_a_reader_may_leave(tmp_path: Path) -> None:
    weights = save_poet(tmp_path / "poet.safetensors", poet("gru"))
    writing = start("generate", "--weights", weights, "--count", 1000, "--json")
    assert writing.stdout is not None
    assert json.loads(writing.stdout.readline())["seed"] >= 0
    writing.stdout.close()
    assert writing.stderr is not None
    assert writing.stderr.read() == ""
    writing.stderr.close()
    assert writing.wait(60) == 0


@pytest.mark.parametrize(
    "words", ["generate --count 2 --weights {poet}", "generate --json --weights {poet}", "add 1 2"]
)
def test_an_output_without_room_takes_one_line(tmp_path: Path, words: str) -> None:
    weights = save_poet(tmp_path / "poet.safetensors", poet("gru"))
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "model", *words.format(poet=weights).split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=ONE_THREAD)
    assert done.returncode == 1
    assert done.stderr == "error: the output: No space left on device; check its permissions, and free some space\n"


def test_a_processor_judges_without_torch(tmp_path: Path) -> None:
    weights, poems = save_poet(tmp_path / "poet.safetensors", poet("lstm")), write_corpus(tmp_path / "poems.txt", 20)
    program = f"""
import sys
from model.__main__ import main
code = main(["evaluate", "--weights", {str(weights)!r}, "--against", {str(weights)!r}, "--poems", {str(poems)!r},
             "--told", "--verse", "1", "--threads", "1", "--device", "cpu", "--json"])
assert "torch" not in sys.modules
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=ONE_THREAD)
    assert done.stderr == ""
    assert json.loads(done.stdout)["versus"]["difference"] == 0


def test_help_and_wrong_words_need_no_torch() -> None:
    """Neither do the package's own names, nor the poet: a processor writes without it."""
    program = """
import contextlib, io, sys
import model
from model.__main__ import main
from model import PoemRequest
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    for words in ([["--help"], ["train", "--help"], ["generate", "--count", "0"]]):
        with contextlib.suppress(SystemExit):
            main(words)
assert "torch" not in sys.modules, "torch"
assert not hasattr(model, "Poets")
from model import Poet
assert "torch" not in sys.modules, "torch for the poet"
print(Poet.__name__, PoemRequest.__name__, sorted(model.__all__))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("Poet PoemRequest ['Adder', 'Addition', 'Poem', 'PoemRequest', 'Poet', ")


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_the_model(path: Path) -> None:
    """It knows nothing of the bot, and loads nothing that could run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    roots = {name.partition(".")[0] for name in imports(tree)}
    assert not roots & {"bot", "tests", "benchmarks", "discord", "simcord"}
    assert not roots & {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"torch.load", "torch.save", "torch.jit.load", "np.load", "eval", "exec", "compile"}
    assert not any(isinstance(node, ast.ExceptHandler) and node.type is None for node in ast.walk(tree))


def test_all_files_were_looked_at() -> None:
    assert len(FILES) > 40
    assert {"__main__", "training", "generation"} <= {path.stem for path in FILES}
