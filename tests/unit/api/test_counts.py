"""What a count shows: its bounds, that it is withheld, that there is none; and how it may be requested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ctdc_spark.api.counts import CountTerms, ProtectedCount, name_attributes
from ctdc_spark.api.estimates import state_figure
from ctdc_spark.errors import ArgumentError
from ctdc_spark.explorer.quantity import Quantity

TERMS = CountTerms(threshold=10, precision=10, length=2)
FINE = CountTerms(threshold=10, precision=1, length=2)
ALL_LENGTHS = CountTerms(threshold=10, precision=10, length=None)
NOISY = CountTerms(threshold=1, precision=1, length=2, protection="dp")
OWN = CountTerms(threshold=1, precision=1, length=2, protection="single_counts")

ONE, TWO, THREE = ((("a", "1"),), (("a", "1"), ("b", "2")), (("a", "1"), ("b", "2"), ("c", "3")))


@pytest.mark.parametrize(
    ("terms", "asked", "count", "said"),
    [
        (TERMS, ONE, 120, (120, 129, "reported", "120 to 129 people")),
        (FINE, ONE, 120, (120, 120, "reported", "120 people")),
        (TERMS, TWO, None, (0, 9, "withheld", "withheld: fewer than k = 10 people, or nobody")),
        (TERMS, THREE, None, (None, None, "not counted", "of up to 2 attributes were counted; this one has 3")),
        (ALL_LENGTHS, THREE, None, (0, 9, "withheld", "fewer than k = 10")),
        (NOISY, ONE, 120, (None, None, "estimated", "about 120 people (measured with noise of scale 3.5)")),
        (NOISY, TWO, None, (None, None, "absent", "any number of people may have them")),
        (OWN, ONE, 120, (None, None, "reported", "120 people; the release's guarantee says what follows from that")),
        (OWN, TWO, None, (None, None, "absent", "no count; the release's guarantee says")),
        (NOISY, THREE, None, (None, None, "not counted", "no count")),
    ],
)
def test_a_count_says_what_follows_from_it_and_no_more(
    terms: CountTerms, asked: Any, count: int | None, said: tuple[Any, ...]
) -> None:
    found = terms.read(asked, count, 3.5)
    assert (found.count, found.low, found.high, found.status) == (count, *said[:3])
    assert said[3] in found.meaning
    assert said[3] in repr(found)


def test_the_html_of_a_count_is_escaped() -> None:
    found = ProtectedCount((("<script>", "a & b"),), 10, 10, 19, "reported", "10 < 20")
    assert found._repr_html_() == "<div><b>&lt;script&gt;: a &amp; b</b><div>10 &lt; 20</div></div>"


@pytest.mark.parametrize(
    ("kind", "value", "low", "high", "says", "with_noise"),
    [
        ("actual", 120, 120, 129, "120 to 129 people", "about 120 people, with noise (in 95 % of cases 120 to 129)"),
        ("actual", 120, 120, 120, "120 people", "about 120 people, with noise"),
        (
            "withheld",
            None,
            0,
            9,
            "withheld: fewer than k = 10 people, or nobody",
            "no count: with noise this says little; any number of people may have them",
        ),
        (
            "uncounted",
            None,
            0,
            40,
            "not counted, and not in the synthetic records; at most 40 people",
            "not counted, and not in the synthetic records: any number of people may have them",
        ),
    ],
)
def test_the_best_figure_claims_no_bound_that_noise_does_not_keep(
    kind: str, value: int | None, low: int, high: int, says: str, with_noise: str
) -> None:
    found = Quantity(kind, value, low, high, "good")
    assert state_figure(ONE, found, 10).meaning == says
    assert state_figure(ONE, found, 10, noisy=True).meaning == with_noise


COLUMNS = ["gender", "means", "age"]
VALUES: dict[str, list[str]] = {"gender": ["Man", "Woman"], "means": ["debt", "threats"], "age": ["0", "1"]}


def named(combination: Mapping[str, Any]) -> Any:
    return name_attributes(combination, COLUMNS, VALUES, {"means"})


@pytest.mark.parametrize(
    ("asked", "attributes"),
    [
        ({}, ()),
        ({"gender": "Woman"}, (("gender", "Woman"),)),
        ({"age": 1, "gender": "Man"}, (("gender", "Man"), ("age", "1"))),
        ({"age": True}, (("age", "1"),)),
        ({"means": ["debt", "threats"]}, (("means", "debt"), ("means", "threats"))),
        ({"means": ["debt", "debt"]}, (("means", "debt"),)),
    ],
)
def test_attributes_are_named_in_the_order_of_the_columns(asked: Mapping[str, Any], attributes: Any) -> None:
    assert named(asked) == attributes


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"sex": "f"}, "combination: found the column 'sex', .*; allowed: 'gender', 'means', 'age'$"),
        ({"gender": "woman"}, "found 'woman' in gender, .*; allowed: 'Man', 'Woman'. Values that too few people have"),
        ({"gender": None}, "found 'None' in gender"),
        ({"gender": ["Man", "Woman"]}, "found 2 values of gender; allowed: one"),
        ({"means": []}, "found 0 values of means"),
        ("gender", "combination: found a str; allowed: a mapping such as"),
        ([("gender", "Man")], "combination: found a list"),
    ],
)
def test_what_the_release_does_not_have_is_refused_with_what_it_has(asked: Any, says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        named(asked)


def test_of_many_values_the_nearest_are_named() -> None:
    many = {"gender": [f"value {i}" for i in range(1000)]}
    with pytest.raises(ArgumentError, match=r"allowed: for example .*'value 77'.* \(1,000 in all\)") as caught:
        name_attributes({"gender": "valu 77"}, ["gender"], many, ())
    assert len(str(caught.value)) < 300
