import numpy as np
import pytest

from model.addition.operations import OPERATIONS, Operation


@pytest.fixture(params=OPERATIONS.values(), ids=lambda operation: operation.name)
def operation(request: pytest.FixtureRequest) -> Operation:
    found: Operation = request.param
    return found


def test_a_column_loses_nothing(operation: Operation) -> None:
    for carry in range(operation.carries):
        digits, handed_on = operation.column(operation.tuples(), carry)
        totals = operation.tuples() @ np.array(operation.signs) + operation.carry_sign * carry
        assert (digits + operation.carry_sign * 10 * handed_on == totals).all()
        assert set(digits.tolist()) == set(range(10))


def test_the_carries_are_all_that_can_come_and_no_more(operation: Operation) -> None:
    _, handed_on = operation.column(operation.tuples(), 0)
    reached = set(handed_on.tolist())
    for carry in range(operation.carries):
        _, handed_on = operation.column(operation.tuples(), carry)
        reached |= set(handed_on.tolist())
    assert reached == set(range(operation.carries))


def test_cases_are_columns_with_each_carry_and_then_first_columns(operation: Operation) -> None:
    digits, carries = operation.cases()
    size = 10**operation.operands
    assert len(digits) == len(carries) == size * (operation.carries + 1)
    np.testing.assert_array_equal(digits[:size], digits[-size:])
    np.testing.assert_array_equal(carries[:size], carries[-size:])
    nines = 9 * operation.operands + 1 if not operation.subtracts else -1
    assert digits[2 * size - 1] == nines % 10


def test_columns_stand_in_the_order_of_their_digits(operation: Operation) -> None:
    numbers = operation.tuples() @ 10 ** np.arange(operation.operands - 1, -1, -1)
    np.testing.assert_array_equal(numbers, np.arange(10**operation.operands))
