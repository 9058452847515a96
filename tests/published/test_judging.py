import pytest

from published_data import printed
from synthmix.published.judging import differences, is_inside
from synthmix.published.results import Ours


def value(low, high=None):
    return printed("1", "metrics", "accuracy", low, high)


def of_several(low, high, *ends):
    """Return a range over classifiers; `ends` are the intervals of its lower and upper end."""
    return Ours(low, high, (ends[0][0], ends[1][1]), ends=ends)


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
    "equal counts": (value(900), Ours(900.0, 900.0, exact=True), 0.0, "yes"),
    "other counts": (value(900), Ours(899.0, 899.0, exact=True), -1.0, "no"),
    "a count in a printed range": (value(5.5e6, 6.5e6), Ours(6.1e6, 6.1e6, exact=True), 0.0, "yes"),
    "equal words": (value("vgg16"), Ours("vgg16", "vgg16", exact=True), None, "yes"),
    "other words": (value("vgg16"), Ours("resnet50", "resnet50", exact=True), None, "no"),
}
# of ranges over several classifiers, the differences at both ends
RANGES = {
    "both ends fit": (
        value(0.91, 0.95),
        of_several(0.9, 0.96, (0.88, 0.92), (0.94, 0.97)),
        (-0.01, 0.01),
        "yes",
    ),
    "they overlap, and the lower end does not fit": (
        value(0.81, 0.97),
        of_several(0.93, 0.97, (0.91, 0.95), (0.95, 0.98)),
        (0.12, 0.0),
        "no",
    ),
    "they overlap, and the upper end does not fit": (
        value(0.5, 0.95),
        of_several(0.5, 0.7, (0.4, 0.6), (0.6, 0.8)),
        (0.0, -0.25),
        "no",
    ),
    "ranges apart": (
        value(0.5, 0.6),
        of_several(0.3, 0.4, (0.25, 0.35), (0.35, 0.45)),
        (-0.2, -0.2),
        "no",
    ),
    "one value printed for all": (
        value(0.99),
        of_several(0.98, 0.995, (0.97, 0.99), (0.985, 1.0)),
        (-0.01, 0.005),
        "yes",
    ),
    "one value printed, the least of ours below": (
        value(0.99),
        of_several(0.9, 0.99, (0.88, 0.92), (0.98, 1.0)),
        (-0.09, 0.0),
        "no",
    ),
    "without intervals, within": (value(0.5, 0.7), Ours(0.55, 0.65), (0.05, -0.05), "yes"),
    "without intervals, overlapping": (value(0.5, 0.7), Ours(0.65, 0.9), (0.15, 0.2), "no"),
    "without intervals, one value": (value(0.6), Ours(0.5, 0.9), (-0.1, 0.3), ""),
    "exact counts": (value(9), Ours(9.0, 10.0, exact=True), (0.0, 1.0), "no"),
}


@pytest.mark.parametrize("case", CASES)
def test_difference_and_agreement(case):
    row, ours, apart, inside = CASES[case]
    low, high = differences(row, ours)
    assert low == (None if apart is None else pytest.approx(apart))
    assert high is None
    assert is_inside(row, ours) == inside


def test_a_word_of_ours_is_in_no_range_of_numbers():
    assert is_inside(value(3, 5), Ours("all", "all", exact=True)) == "no"


@pytest.mark.parametrize("case", RANGES)
def test_ranges_are_held_against_each_other_at_both_ends(case):
    row, ours, apart, inside = RANGES[case]
    assert differences(row, ours) == pytest.approx(apart)
    assert is_inside(row, ours) == inside
