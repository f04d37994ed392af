import pytest

from skdrift.performance._strange import KnownColumn
from skdrift.performance._verdict import Evidence, judge, strange_columns

CALM = {
    "size": 200,
    "lost": 0.01,
    "p_value": 0.6,
    "tolerance": 0.05,
    "alpha": 0.05,
    "outside": 0.02,
    "repaired": 0.0,
    "columns": [],
    "constant": [],
    "class_distance": 0.02,
    "most_class_distance": 0.3,
    "disagreement": 0.02,
}
AGE = [("age", "out of range in 90% of the rows")]


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "fine", "1.0 points are lost, of the 5 points"),
        ({"p_value": 0.01, "lost": 0.12}, "harmful", "clearly more than"),
        ({"lost": 0.04, "p_value": 0.1}, "cannot tell", "near the 5 points"),
        ({"lost": 0.04, "p_value": 0.01}, "cannot tell", "hardly any batch"),
        ({"lost": 0.01, "p_value": 0.01}, "cannot tell", "within the 5 points"),
        ({"size": 19}, "cannot tell", "too few to judge"),
        ({"size": 19, "p_value": 0.001}, "cannot tell", "too few to judge"),
        ({"outside": 0.5}, "cannot tell", "50% of the rows lie outside"),
        ({"outside": 0.5, "columns": AGE}, "fine", "are lost"),
        (
            {"outside": 0.5, "columns": AGE, "repaired": 0.2},
            "cannot tell",
            "outside of what the reference holds: age (out of range",
        ),
        ({"repaired": 0.2, "columns": AGE}, "cannot tell", "decide 20% of the rows"),
        (
            {"constant": [("vicprice", "100% of the rows")]},
            "cannot tell",
            "constant in the reference have other values now: vicprice",
        ),
        ({"class_distance": 0.5}, "cannot tell", "50% of the decisions have moved"),
        ({"disagreement": 0.08}, "cannot tell", "it would be some 8 points away"),
    ],
)
def test_verdicts(changes, verdict, words):
    found, reasons = judge(Evidence(**{**CALM, **changes}))
    assert found == verdict
    assert words in " ".join(reasons)
    assert all(sentence.endswith(".") for sentence in reasons)


def test_harm_is_told_with_its_doubts():
    said = Evidence(**{**CALM, "p_value": 0.01, "lost": 0.2, "outside": 0.9})
    verdict, reasons = judge(said)
    assert verdict == "harmful"
    assert len(reasons) == 2


def test_columns_are_named_worst_first():
    number = KnownColumn(0.0, 1.0, None, False, False)
    category = KnownColumn(float("nan"), float("nan"), frozenset("a"), False, False)
    constant = KnownColumn(2.0, 2.0, None, True, False)
    columns, fixed = strange_columns(
        ["a", "b", "c", "d"], [number, category, constant, number], [3, 50, 90, 1], 100
    )
    assert [name for name, _ in columns] == ["b", "a"]
    assert columns[0][1] == "new categories in 50% of the rows"
    assert fixed == [("c", "90% of the rows")]


def test_many_columns_are_cut_short():
    named = [(f"x{place}", "out of range") for place in range(9)]
    said = Evidence(**{**CALM, "columns": named, "repaired": 0.3})
    assert "and 4 more" in judge(said)[1][0]
