import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.forms import Form

LINES = {5: "白日依山尽", 7: "月落乌啼霜满天"}


@pytest.mark.parametrize("form", Form)
def test_a_poem_of_the_forms_shape_is_of_the_form(form: Form) -> None:
    assert Form.detect([LINES[form.line_length]] * form.line_count) is form


@pytest.mark.parametrize(("form", "length", "count"), list(zip(Form, (5, 7, 5, 7), (4, 4, 8, 8), strict=True)))
def test_shapes(form: Form, length: int, count: int) -> None:
    assert (form.line_length, form.line_count) == (length, count)


@given(st.lists(st.sampled_from(["江", "江上", LINES[5], LINES[7]]), max_size=10))
def test_any_other_shape_has_no_form(lines: list[str]) -> None:
    regular = len(lines) in {4, 8} and len(set(lines)) == 1 and len(lines[0]) in LINES
    assert (Form.detect(lines) is not None) is regular


def test_a_form_is_its_name() -> None:
    assert Form("七绝") is Form.QIJUE
    assert str(Form.WULV) == "五律"
