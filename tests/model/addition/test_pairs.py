import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.addition.numbers import digit_columns, true_sum, written
from model.addition.pairs import columns_of, draw_pairs, random_columns, repeated_columns, true_columns

PAIRS = st.lists(st.tuples(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1)), min_size=1, max_size=20)


def numbers_of(columns: np.ndarray) -> list[tuple[str, str]]:
    first, second = columns[::-1].transpose(2, 1, 0)
    return [("".join(map(str, a)), "".join(map(str, b))) for a, b in zip(first, second, strict=True)]


@given(PAIRS)
def test_targets_are_the_true_sums(pairs: list[tuple[int, int]]) -> None:
    columns = columns_of(np.array(pairs, dtype=np.int64), 19)
    assert [(int(a), int(b)) for a, b in numbers_of(columns)] == pairs
    digits, carries = true_columns(columns)
    assert [int(written(column)) for column in digits.T.tolist()] == [a + b for a, b in pairs]
    # By hand: what a column overflows is what the next one finds on top.
    incoming = np.vstack([np.zeros_like(carries[:1]), carries[:-1]])
    assert (columns.sum(axis=-1) + incoming == digits + 10 * carries).all()
    assert not carries[-1].any()


@given(st.integers(1, 40), st.integers(0, 2**32))
def test_random_columns_are_numbers_of_that_length(length: int, seed: int) -> None:
    columns = random_columns(np.random.default_rng(seed), 7, length)
    assert columns.shape == (length + 1, 7, 2)
    digits, _ = true_columns(columns)
    for (a, b), said in zip(numbers_of(columns), digits.T.tolist(), strict=True):
        assert written(said) == true_sum(a, b)


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 2**32))
def test_pairs_lie_in_their_range(low: int, width: int, seed: int) -> None:
    columns = draw_pairs(np.random.default_rng(seed), 50, low, low + width)
    numbers = [int(number) for pair in numbers_of(columns) for number in pair]
    assert len(columns) == len(str(low + width - 1)) + 1
    assert all(low <= number < low + width for number in numbers)


def test_a_bound_of_all_int64_has_room_for_the_carry() -> None:
    columns = draw_pairs(np.random.default_rng(0), 100, 10**18 - 5, 10**18)
    digits, _ = true_columns(columns)
    assert [written(column) for column in digits.T.tolist()] == [true_sum(a, b) for a, b in numbers_of(columns)]


@given(st.integers(1, 30))
def test_repeated_columns_hold_every_column_with_and_without_a_carry(length: int) -> None:
    columns = repeated_columns(length)
    assert columns.shape == (length + 1, 200, 2)
    assert not columns[-1].any()
    _, carries = true_columns(columns)
    for place in range(1, length):
        met = {(int(a), int(b), int(c)) for (a, b), c in zip(columns[place], carries[0], strict=True)}
        assert len(met) == 200


def test_numbers_in_the_repeated_columns_are_within_the_training_range() -> None:
    assert all(int(number) < 555_555_555 for pair in numbers_of(repeated_columns(8)) for number in pair)


def test_columns_of_one_sum_equal_those_of_the_text() -> None:
    assert (columns_of(np.array([[120, 7]]), 4)[:, 0] == digit_columns("120", "007")).all()
