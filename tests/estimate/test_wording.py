import pytest

from estimate_graphs import altered, study
from synthmix.estimate.costs import Machine, estimate
from synthmix.estimate.rates import Point, Rates
from synthmix.estimate.sizes import Sizes
from synthmix.estimate.wording import duration, markdown, size, span, summary, terminal_text
from synthmix.estimate.work import work

MACHINE = Machine(2, None, "cpu")


def rates(sizes, without=()):
    """Return rates by which every job takes twenty seconds."""
    points = [
        Point(job.rule, work(job, sizes), 20.0, None)
        for job in sizes.graph.jobs
        if job.rule not in without
    ]
    return Rates(points, "cpu")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.2, "under 1 s"),
        (59, "59 s"),
        (300, "5 min"),
        (5400, "1.5 h"),
        (36_000, "10 h"),
        (3 * 86_400, "3.0 days"),
        (40 * 86_400, "40 days"),
    ],
)
def test_durations_are_in_the_unit_that_fits(seconds, text):
    assert duration(seconds) == text


def test_ranges_and_sizes():
    assert span(120, 300) == "2 to 5 min"
    assert span(30, 300) == "30 s to 5 min"
    assert span(300, 301) == "5 min"
    assert [size(mb) for mb in (0.2, 81.4, 2300)] == ["under 1 MB", "81 MB", "2.3 GB"]


def test_a_summary_of_what_is_known():
    sizes = study()
    text = summary(estimate(sizes, rates(sizes), MACHINE))
    assert "9 of 9 jobs are to do." in text
    assert "About" in text
    assert "on this machine with 2 cores" in text
    assert "not measured: a guess" in text
    assert "Not known" not in text


def test_what_is_not_known_is_listed_and_makes_the_sum_a_bound():
    sizes = study()
    text = summary(estimate(sizes, rates(sizes, without=["predict"]), MACHINE))
    assert "At least" in text
    assert "Not known: how long predict takes, never measured here." in text
    unknown = Sizes(sizes.graph)
    text = summary(estimate(unknown, rates(sizes), MACHINE))
    assert "how many images s/d has" in text


def test_a_machine_that_has_run_nothing_is_told_how_to_find_out():
    sizes = study()
    text = summary(estimate(sizes, Rates([], "cpu"), MACHINE))
    assert "nothing has been measured on it yet" in text
    assert "make demo" in text


def test_when_all_is_done_nothing_is_to_do():
    sizes = altered(study(), to_do=False)
    assert summary(estimate(sizes, Rates([], "cpu"), MACHINE)) == (
        "Nothing is to do: all 9 jobs are done."
    )


def test_the_table_is_aligned_and_the_same_in_markdown():
    sizes = study()
    found = estimate(sizes, rates(sizes, without=["predict"]), MACHINE)
    lines = terminal_text(found).splitlines()
    column = lines[0].index("known by")
    assert {line[column - 2 : column] for line in lines[2:11]} == {"  "}
    assert lines[2].startswith("index_dataset")
    predicted = next(line for line in lines if line.startswith("predict"))
    assert " ? " in predicted
    assert predicted.endswith("not known")
    shown = markdown(found, "paper", ["s"])
    assert shown.startswith("# What s at scale paper will cost\n")
    assert shown.count("\n| ") == 1 + 1 + 9 + 1
