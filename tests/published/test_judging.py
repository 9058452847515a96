import pytest

from published_data import printed
from synthmix.published.judging import difference, is_inside
from synthmix.published.results import Ours


def value(low, high=None):
    return printed("1", "metrics", "accuracy", low, high)


CASES = {
    "in the interval": (value(0.5), Ours(0.6, 0.6, (0.45, 0.7)), 0.1, "yes"),
    "at its end": (value(0.45), Ours(0.6, 0.6, (0.45, 0.7)), 0.15, "yes"),
    "out of it": (value(0.8), Ours(0.6, 0.6, (0.45, 0.7)), -0.2, "no"),
    "no interval": (value(0.6), Ours(0.6, 0.6), 0.0, ""),
    "ours in a printed range": (value(0.5, 0.7), Ours(0.6, 0.6), 0.0, "yes"),
    "ours above a printed range": (value(0.5, 0.7), Ours(0.75, 0.75), 0.05, "no"),
    "its interval reaches into the range": (
        *(value(0.5, 0.7), Ours(0.75, 0.75, (0.69, 0.8)), 0.05, "yes"),
    ),
    "ranges that overlap": (value(0.5, 0.7), Ours(0.65, 0.9), 0.0, "yes"),
    "ranges apart": (value(0.5, 0.6), Ours(0.3, 0.4, (0.25, 0.45)), -0.1, "no"),
    "one value over several classifiers": (
        value(0.99),
        Ours(0.9, 0.98, (0.88, 0.995)),
        -0.01,
        "yes",
    ),
    "equal counts": (value(900), Ours(900.0, 900.0, exact=True), 0.0, "yes"),
    "other counts": (value(900), Ours(899.0, 899.0, exact=True), -1.0, "no"),
    "a count in a printed range": (value(5.5e6, 6.5e6), Ours(6.1e6, 6.1e6, exact=True), 0.0, "yes"),
    "equal words": (value("vgg16"), Ours("vgg16", "vgg16", exact=True), None, "yes"),
    "other words": (value("vgg16"), Ours("resnet50", "resnet50", exact=True), None, "no"),
}


@pytest.mark.parametrize("case", CASES)
def test_difference_and_agreement(case):
    row, ours, apart, inside = CASES[case]
    assert difference(row, ours) == (None if apart is None else pytest.approx(apart))
    assert is_inside(row, ours) == inside
