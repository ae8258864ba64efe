import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.forms import Form, patterns

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


@pytest.mark.parametrize("form", Form)
def test_a_form_has_four_patterns(form: Form) -> None:
    found = patterns(form)
    assert len({pattern.tones for pattern in found}) == len({pattern.name for pattern in found}) == 4
    for pattern in found:
        assert pattern.form is form
        assert len(pattern.tones) == len(pattern.places) == len(pattern.rhyming) == form.line_count
        assert {len(line) for line in (*pattern.tones, *pattern.places)} == {form.line_length}
        # 王力: even lines rhyme, level; of the odd ones at most the first.
        assert pattern.rhyming[1::2] == (True,) * (form.line_count // 2)
        assert not any(pattern.rhyming[2::2])
        assert [line[-1] == "平" for line in pattern.tones] == list(pattern.rhyming)


@pytest.mark.parametrize("form", Form)
def test_lines_stand_opposite_within_a_couplet_and_stick_to_the_next(form: Form) -> None:
    for pattern in patterns(form):
        seconds = [line[1] for line in pattern.tones]
        assert all(first != second for first, second in zip(seconds[::2], seconds[1::2], strict=True))
        assert all(second == third for second, third in zip(seconds[1::2], seconds[2::2], strict=False))


@pytest.mark.parametrize("form", Form)
def test_free_places_are_odd_and_the_rest_want_the_patterns_tone(form: Form) -> None:
    for pattern in patterns(form):
        for tones, places in zip(pattern.tones, pattern.places, strict=True):
            assert all(want in {"中", tone} for want, tone in zip(places, tones, strict=True))
            assert all(index % 2 == 0 for index, want in enumerate(places) if want == "中")
            assert places[-1] != "中"


def test_patterns_as_they_are_taught() -> None:
    first, *_, last = patterns(Form.QIJUE)
    assert (first.code, first.name) == ("ABCD", "平起首句不入韵")
    assert first.tones == ("平平仄仄平平仄", "仄仄平平仄仄平", "仄仄平平平仄仄", "平平仄仄仄平平")
    assert first.places == ("中平中仄中平仄", "中仄平平中仄平", "中仄中平平仄仄", "中平中仄仄平平")
    assert (last.code, last.name) == ("BDAB", "仄起首句入韵")
    assert patterns(Form.WULV)[1].code == "DBCDABCD"
    assert patterns(Form.WULV)[1].name == "仄起首句入韵"
