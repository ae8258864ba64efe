"""对仗: classes are found where lines are parallel."""

import random

import pytest

from model.corpus import SourcePoem
from model.evaluation.parallelism import Classes, Parallelism, middle_couplets

KINDS = ("山水江湖峰海", "红白青黄绿碧", "来去飞落归行", "一二三百千万", "日月星云风雨")


def regulated(count: int, length: int = 5, seed: int = 0, *, parallel: bool = True) -> list[SourcePoem]:
    """Poems of eight lines whose middle couplets keep one kind of character at each place, or mix them."""
    chance = random.Random(seed)

    def couplet() -> tuple[str, str]:
        kinds = [chance.choice(KINDS) for _ in range(length)]
        other = kinds if parallel else [chance.choice(KINDS) for _ in range(length)]
        pairs = [chance.sample(kind, 2) for kind in kinds]
        upper = "".join(one for one, _ in pairs)
        lower = "".join(chance.choice([c for c in kind if c not in upper]) for kind in other)
        return upper, lower

    texts = ["".join(f"{upper}，{lower}。" for upper, lower in (couplet() for _ in range(4))) for _ in range(count)]
    return [SourcePoem(text) for text in texts]


LEARNT = Classes.fit(regulated(150), dimensions=5)


def test_middle_couplets_are_those_of_eight_lines() -> None:
    lines = [c * 5 for c in "甲乙丙丁戊己庚辛"]
    poem = SourcePoem("，".join(lines) + "。")
    assert middle_couplets([poem, SourcePoem("，".join(lines[:4]) + "。"), SourcePoem("月。")]) == [
        (lines[2], lines[3]),
        (lines[4], lines[5]),
    ]


def test_characters_of_a_class_agree() -> None:
    assert LEARNT.agreement(("山红来一日", "江白去千云")) > 0.8
    assert LEARNT.agreement(("山红来一日", "白去千云江")) < 0.2
    assert LEARNT.agreement(("龘", "山")) == 0
    with pytest.raises(ValueError, match="zip"):
        LEARNT.agreement(("山", "山水"))


def test_simplified_and_traditional_characters_are_the_same() -> None:
    assert LEARNT.agreement(("山紅來", "江黃歸")) == pytest.approx(LEARNT.agreement(("山红来", "江黄归")))


def test_parallel_poems_are_told_from_others() -> None:
    good, bad = (Parallelism.of(regulated(40, seed=1, parallel=flag), LEARNT) for flag in (True, False))
    assert good.agreement > 0.8
    assert good.strangers < 0.4
    assert good.preferred.value > 0.95
    assert abs(bad.agreement - bad.strangers) < 0.1
    assert 0.3 < bad.preferred.value < 0.7
    assert good.preferred.of == good.apart.of == 80
    assert good.apart.value == 1


def test_lines_of_one_length_are_compared() -> None:
    both = [*regulated(6, 7, seed=2), *regulated(5, 5, seed=2)]
    assert Parallelism.of(both, Classes.fit(both)).preferred.of == 22
    # One poem of seven has no stranger.
    assert Parallelism.of([*regulated(1, 7), *regulated(5)], LEARNT).preferred.of == 10


def test_tones_stand_opposite() -> None:
    filler, parallel, same = "平平平平平", "春風開花門，夜月落雪樹", "春山開龘門，春山開花門"
    poem = SourcePoem(f"{filler}，{filler}。{parallel}。{same}。{filler}，{filler}。")
    found = Parallelism.of([poem, poem], LEARNT)
    # The second, fourth and fifth places of two couplets: one is opposite at all, one at none; of 龘 nothing is known.
    assert (found.opposed.hits, found.opposed.of) == (6, 10)
    assert found.apart.hits == 2


def test_without_eight_lines_nothing_is_measured() -> None:
    with pytest.raises(ValueError, match="no 律诗 to learn from"):
        Classes.fit([SourcePoem("月山风花月，花风山月风。")])
    with pytest.raises(ValueError, match="no two 律诗"):
        Parallelism.of(regulated(1), LEARNT)
