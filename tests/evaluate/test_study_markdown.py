"""A cell of a table of Markdown, as people read it."""

from math import nan

import pytest

from synthmix.evaluate.study_markdown import cell


@pytest.mark.parametrize(
    ("metric", "values", "written"),
    [
        ("accuracy", (0.81234, 0.7, 0.9), "0.812 (0.7 to 0.9)"),
        ("accuracy", (0.81234, nan, nan), "0.812"),
        ("accuracy", (nan, nan, nan), "-"),
        ("accuracy", (1.11e-16, -0.04, -2.2e-16), "0 (-0.04 to 0)"),
        ("total", (1234567.0, nan, nan), "1234567"),
        ("correct", (12345.5, 12000.0, 12700.0), "12345.5"),
        ("missed_positives", (1234.0, 1180.0, 1301.5), "1234 (1180 to 1301.5)"),
        ("missed_positives", (1234.0, nan, nan), "1234"),
    ],
)
def test_counts_are_written_in_full_and_shares_with_three_digits(metric, values, written):
    assert cell(metric, *values) == written
