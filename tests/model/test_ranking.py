"""How candidates are ranked."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.features import Features, Indices
from model.forms import Form
from model.ranking import CAP, FLOOR, READ_AT_ONCE, Measure, Ranking, rankings

RANKING = Ranking(
    measures={
        "collocations": Measure(mean=1.0, spread=0.5, weight=2.0),
        "repeats": Measure(mean=1.0, spread=2.0, weight=-1.0),
        "coherence": Measure(mean=0.0, spread=1.0, weight=1.0),
    },
)


def candidates(count: int) -> Features:
    """All alike."""
    none = np.zeros(count)
    return Features(Form.WUJUE, none, none, none, none, none, none, none, none, none, none)


def test_a_measure_counts_by_its_distance_from_poets() -> None:
    measure = RANKING.measures["collocations"]
    assert measure.score(np.array([1.0, 1.25, 0.5, 0.0])).tolist() == [0, 1, -2, -4]
    less = RANKING.measures["repeats"]
    assert less.score(np.array([1.0, 3.0, 0.0])).tolist() == [0, -1, 0.5]


@given(st.floats(-1e6, 1e6), st.floats(0.1, 10), st.floats(-5, 5), st.floats(-1e6, 1e6))
def test_extremes_count_no_more(mean: float, spread: float, weight: float, value: float) -> None:
    score = Measure(mean=mean, spread=spread, weight=weight).score(np.array([value]))[0]
    assert FLOOR * abs(weight) - 1e-9 <= score <= CAP * abs(weight) + 1e-9


def test_scores_are_sums_of_what_was_measured() -> None:
    features = replace(candidates(2), collocations=np.array([1.25, 1.0]), repeats=np.array([3.0, 1.0]))
    assert RANKING.scores(features).tolist() == [0, 0]
    features = replace(features, coherence=np.array([0.0, -1.0]))
    assert RANKING.scores(features).tolist() == [0, -1]


def test_the_copied_come_last() -> None:
    features = replace(
        candidates(4), collocations=np.array([0.0, 2.0, 1.5, 2.0]), copies=np.array([0.0, 2.0, 0.0, 1.0])
    )
    assert RANKING.order(features).tolist() == [2, 0, 3, 1]


def test_where_all_copy_the_least_copied_is_best() -> None:
    features = replace(candidates(3), copies=np.array([3.0, 1.0, 2.0]))
    assert RANKING.order(features).tolist() == [1, 2, 0]


@given(st.lists(st.tuples(st.floats(-3, 3), st.integers(0, 2)), max_size=20))
def test_every_candidate_has_one_rank(values: list[tuple[float, int]]) -> None:
    collocations, copies = np.array(values, dtype=np.float64).reshape(-1, 2).T
    features = replace(candidates(len(values)), collocations=collocations, copies=copies)
    order = RANKING.order(features)
    assert sorted(order.tolist()) == list(range(len(values)))
    assert (np.diff(copies[order]) >= 0).all()
    scores = RANKING.scores(features)[order]
    assert (np.diff(scores)[np.diff(copies[order]) == 0] <= 0).all()


VALUES = st.tuples(st.sampled_from([-9.0, 0.5, 1.0, 1.1, 2.0]), st.floats(-2, 2), st.integers(0, 1))


@given(st.lists(VALUES, min_size=1, max_size=30))
def test_the_best_is_found_without_measuring_all(values: list[tuple[float, float, int]]) -> None:
    collocations, coherence, copies = np.array(values, dtype=np.float64).T
    features = replace(candidates(len(values)), collocations=collocations, copies=copies)
    whole = replace(features, coherence=coherence)
    assert RANKING.best(features, whole.take, {"coherence"}) == RANKING.order(whole)[0]


def test_what_cannot_win_is_not_measured() -> None:
    features = replace(candidates(12), collocations=np.array([1.0] * 6 + [9.0] + [0.5] * 5))
    measured: list[int] = []

    def read(rows: Indices) -> Features:
        measured.extend(rows.tolist())
        return replace(features.take(rows), coherence=np.where(rows == 3, 1.0, 0.0))

    assert RANKING.best(features, read, {"coherence"}) == 6
    assert len(measured) == READ_AT_ONCE
    assert measured[0] == 6


def test_a_measure_without_weight_makes_no_difference() -> None:
    assert RANKING.counts("coherence")
    assert not RANKING.counts("theme")
    assert not Ranking(measures={"theme": Measure(mean=0, spread=1, weight=0)}).counts("theme")


def test_equals_keep_their_order() -> None:
    assert RANKING.order(candidates(6)).tolist() == list(range(6))


def test_the_table_knows_every_form_and_only_measures() -> None:
    names = set(Features.__dataclass_fields__) - {"form", "copies"}
    assert set(rankings()) == set(Form)
    for form, ranking in rankings().items():
        assert set(ranking.measures) <= names
        assert ("parallelism" in ranking.measures) == (form.line_count == 8)
        assert ranking.measures["repeats"].weight <= 0
        assert ranking.measures["coherence"].weight >= 0


def test_a_poem_is_ranked_above_a_patchwork() -> None:
    poem = [
        "國破山河在",
        "城春草木深",
        "感時花濺淚",
        "恨別鳥驚心",
        "烽火連三月",
        "家書抵萬金",
        "白頭搔更短",
        "渾欲不勝簪",
    ]
    patchwork = [*poem[:3], "江清月近人", poem[4], "潮平兩岸闊", *poem[6:]]
    features = replace(Features.of([patchwork, poem], Form.WULV), copies=np.zeros(2))
    assert rankings()[Form.WULV].order(features).tolist() == [1, 0]


def test_a_spread_of_zero_is_refused() -> None:
    with pytest.raises(ValidationError, match="spread"):
        Measure(mean=0, spread=0, weight=1)
