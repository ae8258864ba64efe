"""Blind pairs: the key says which is ours, the texts do not."""

import json
from pathlib import Path
from random import Random

from benchmarks.pairs import BEST, POETS, counted, write, write_pairs
from model.forms import Form
from tests.model.verse import verse_poet


def test_answers_are_counted_by_the_key(tmp_path: Path) -> None:
    ours, others = [f"我{n}" for n in range(20)], [f"你{n}" for n in range(20)]
    key = write_pairs(tmp_path / "best.txt", ours, others, Random(1))
    shown = (tmp_path / "best.txt").read_text(encoding="utf-8").split("\n\n")
    for number, (side, pair) in enumerate(zip(key, shown, strict=True), start=1):
        lines = dict(line.split(" ", 1) for line in pair.strip().splitlines()[1:])
        assert lines[side].startswith("我")
        assert pair.strip().splitlines()[0] == str(number)
    assert set(key) == {"A", "B"}
    (tmp_path / "key.json").write_text(json.dumps({BEST: key, POETS: key}), encoding="utf-8")
    answers = [f"{n} {side if n <= 15 else 'AB'[side == 'A']}" for n, side in enumerate(key, start=1)]
    (tmp_path / "best-answers.txt").write_text("\n".join(answers) + "\n", encoding="utf-8")
    assert list(counted(tmp_path)) == ["best: ours preferred in 75.0% of 20"]


def test_poems_come_without_line_breaks() -> None:
    poems = write(verse_poet(), [Form.WUJUE, Form.QILV], [1, 2], 2)
    assert [len(poem) for poem in poems] == [24, 64]
