import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.addition.numbers import Digits, digit_columns, true_result, written
from model.addition.operations import OPERATIONS, Operation
from model.addition.pairs import (
    columns_of,
    draw_lengths,
    draw_numbers,
    random_columns,
    repeated_columns,
    true_columns,
)

NAMES = st.sampled_from(list(OPERATIONS.values()))
NUMBERS = st.lists(st.tuples(*[st.integers(0, 10**18 - 1)] * 3), min_size=1, max_size=20)


def numbers_of(columns: Digits) -> list[tuple[str, ...]]:
    return [
        tuple("".join(map(str, number)) for number in numbers) for numbers in columns[::-1].transpose(1, 2, 0).tolist()
    ]


@given(NAMES, NUMBERS)
def test_targets_are_the_true_results(operation: Operation, numbers: list[tuple[int, ...]]) -> None:
    given_numbers = [sorted(row, reverse=True)[: operation.operands] for row in numbers]
    columns = columns_of(np.array(given_numbers, dtype=np.int64), 19)
    assert [[int(number) for number in row] for row in numbers_of(columns)] == given_numbers
    digits, carries = true_columns(operation, columns)
    results = [sum(s * n for s, n in zip(operation.signs, row, strict=True)) for row in given_numbers]
    assert [int(written(column)) for column in digits.T.tolist()] == results
    # By hand: what a column overflows is what the next one finds on top.
    incoming = np.vstack([np.zeros_like(carries[:1]), carries[:-1]]).astype(int)
    totals = columns.astype(int) @ np.array(operation.signs)
    sign = -1 if operation.subtracts else 1
    assert (totals + sign * incoming == digits + sign * 10 * carries.astype(int)).all()
    assert not carries[-1].any()
    assert carries.max(initial=0) < operation.carries


@given(NAMES, st.integers(1, 40), st.integers(0, 2**32))
def test_random_columns_are_numbers_of_that_length(operation: Operation, length: int, seed: int) -> None:
    columns = random_columns(np.random.default_rng(seed), operation, 7, length)
    assert columns.shape == (length + 1, 7, operation.operands)
    digits, _ = true_columns(operation, columns)
    for numbers, said in zip(numbers_of(columns), digits.T.tolist(), strict=True):
        assert written(said) == true_result(operation.signs, *numbers)


@given(NAMES, st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 2**32))
def test_numbers_lie_in_their_range(operation: Operation, low: int, width: int, seed: int) -> None:
    columns = draw_numbers(np.random.default_rng(seed), operation, 50, low, low + width)
    rows = [[int(number) for number in row] for row in numbers_of(columns)]
    assert len(columns) == len(str(low + width - 1)) + 1
    assert all(low <= number < low + width for row in rows for number in row)
    assert not operation.subtracts or all(row[0] >= row[1] for row in rows)


def test_a_bound_of_all_int64_has_room_for_the_carry() -> None:
    operation = OPERATIONS["add-3"]
    columns = draw_numbers(np.random.default_rng(0), operation, 100, 10**18 - 5, 10**18)
    digits, _ = true_columns(operation, columns)
    wanted = [true_result(operation.signs, *numbers) for numbers in numbers_of(columns)]
    assert [written(column) for column in digits.T.tolist()] == wanted


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_all_lengths_are_drawn_and_carries_run_through_more_often_than_by_chance(operation: Operation) -> None:
    columns = draw_lengths(np.random.default_rng(0), operation, 3000, 5)
    assert columns.shape == (6, 3000, operation.operands)
    assert not columns[-1].any()
    lengths = [{len(row[place].lstrip("0")) for row in numbers_of(columns)} for place in range(operation.operands)]
    assert all({1, 2, 3, 4, 5} <= met for met in lengths)
    totals = columns.astype(int) @ np.array(operation.signs)
    through = 0 if operation.subtracts else 9
    assert ((totals[0] % 10) == through).mean() > 0.3


@given(NAMES, st.integers(1, 30))
def test_repeated_columns_hold_every_column_with_every_carry(operation: Operation, length: int) -> None:
    columns = repeated_columns(operation, length)
    cases = operation.carries * 10**operation.operands
    assert columns.shape == (length + 1, cases, operation.operands)
    assert not columns[-1].any()
    _, carries = true_columns(operation, columns)
    for place in range(1, length):
        met = {(*column.tolist(), int(c)) for column, c in zip(columns[place], carries[0], strict=True)}
        assert len(met) == cases


def test_numbers_in_the_repeated_columns_are_within_the_exercises_range() -> None:
    columns = repeated_columns(OPERATIONS["add"], 8)
    assert all(int(number) < 10**8 for row in numbers_of(columns) for number in row)


def test_columns_of_one_sum_equal_those_of_the_text() -> None:
    assert (columns_of(np.array([[120, 7]]), 4)[:, 0] == digit_columns("120", "007")).all()
