"""The command line, from arguments to what is printed."""

import argparse
import json
import re
import shlex
from pathlib import Path

import pytest

from model.corpus import HeldOut, command
from model.errors import CorpusError
from model.novelty import LineFilter, NearFilter
from model.usage import Usage

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
LONG = "月落乌啼霜满天，江枫渔火对愁眠。姑苏城外寒山寺，夜半钟声到客船。"


def run(line: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(shlex.split(line))
    arguments.handler(arguments)


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    path = tmp_path / "poems.txt"
    path.write_text(f"{QUATRAIN}\n{QUATRAIN}\n{QUATRAIN[::-1][1:]}。\n春□。\n", encoding="utf-8")
    return path


def test_stats_as_json(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(f"corpus stats {poems} --json")
    stats = json.loads(capsys.readouterr().out)
    assert stats["poems"] == 2
    assert stats["characters"] == 48
    assert stats["distinct"] == 22
    assert stats["symbols"] == 24
    assert stats["shape"] == [3, 26]
    assert stats["script"] == "hans"
    assert stats["forms"] == {"五绝": 2, "七绝": 0, "五律": 0, "七律": 0, "other": 0}
    assert stats["dynasties"] == {"": 2}
    assert stats["read"] == 4
    assert stats["dropped"] == {"lost characters": 1, "duplicates": 1}


def test_stats_as_a_table(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(f"corpus stats {poems}")
    table = capsys.readouterr().out
    assert "(3, 26)" in table
    assert "dropped: duplicates" in table


def test_poems_of_several_lengths_have_no_shape(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with poems.open("a", encoding="utf-8") as file:
        file.write(LONG)
    run(f"corpus stats {poems}")
    assert "shape" not in capsys.readouterr().out
    run(f"corpus stats {poems} --longest 24 --json")
    assert json.loads(capsys.readouterr().out)["shape"] == [3, 26]


def test_the_shape_of_the_classic_quatrains(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).parents[4] / "shared/corpus/quatrains-12842.txt"
    if not path.exists():
        pytest.skip("the quatrains are not here")
    run(f"corpus stats {path} --json")
    stats = json.loads(capsys.readouterr().out)
    assert (stats["shape"], stats["symbols"]) == ([12_842, 26], 2_001)


def test_hold_out(poems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(f"corpus hold-out {poems} --out {tmp_path}/list")
    assert "poems for testing" in capsys.readouterr().out
    assert len(HeldOut.load(tmp_path / "list").test) <= 2


def test_lines(poems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with poems.open("a", encoding="utf-8") as file:
        file.write("，".join("高低上下左右前后"[number] + "山流水长" for number in range(8)) * 30 + "。\n")
    run(f"corpus lines {poems} --out {tmp_path}/lines")
    assert "lines kept in" in capsys.readouterr().out
    # Long poems count too, and those that repeat another.
    assert LineFilter.load(tmp_path / "lines").contains(["高山流水长", "黃河入海流"]).all()
    run(f"corpus near-lines {poems} --out {tmp_path}/near")
    assert "lines with a gap kept in" in capsys.readouterr().out
    assert NearFilter.load(tmp_path / "near").contains(["高山流水短", "黃河流海流"]).all()


def test_usage(poems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    characters = QUATRAIN.replace("，", "").replace("。", "")
    turned = (characters[number:] + characters[:number] for number in range(20))
    poems.write_text("".join("，".join(re.findall(".{5}", text)) + "。\n" for text in turned), encoding="utf-8")
    run(f"corpus usage {poems} --out {tmp_path}/usage")
    assert "20 characters counted in 20 poems" in capsys.readouterr().out
    assert set(Usage.load(tmp_path / "usage").characters) == set(characters)


def test_download_takes_a_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "poet.tang.0.json").write_text(json.dumps([{"paragraphs": [QUATRAIN]}]), encoding="utf-8")
    run(f"corpus download --from {tmp_path} --to {tmp_path}/a")
    assert "1 files copied" in capsys.readouterr().out
    run(f"corpus stats {tmp_path}/a --dynasty tang --json")
    assert json.loads(capsys.readouterr().out)["dynasties"] == {"tang": 1}


def test_download_fetches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "download", lambda *arguments: len(arguments[2]))
    run(f"corpus download --to {tmp_path} --dynasty tang --dynasty song")
    assert "2 files fetched" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", ["corpus", "corpus stats", "corpus stats a --dynasty ming", "corpus stats a --longest x"]
)
def test_wrong_usage(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(line)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_fault_is_left_to_the_caller(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no corpus at"):
        run(f"corpus stats {tmp_path}/nowhere")
