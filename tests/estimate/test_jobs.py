import sys
from dataclasses import asdict, replace

import pytest

from estimate_graphs import chain, job, study
from synthmix.errors import UserError
from synthmix.estimate.jobs import Graph, plan
from synthmix.estimate.plan_jobs import CODE


def test_jobs_come_after_those_they_wait_for():
    order = [each.number for each in chain((2, 1), (3,), (3,), ()).in_order]
    assert sorted(order) == [0, 1, 2, 3]
    for first, second in ((3, 1), (3, 2), (1, 0), (2, 0)):
        assert order.index(first) < order.index(second)


def test_what_is_made_from_changed_files_is_not_settled():
    graph = chain((), (0,), (1,), ())
    graph = replace(
        graph, jobs=(graph.jobs[0], replace(graph.jobs[1], unchanged=False), *graph.jobs[2:])
    )
    assert graph.settled == {0, 3}


def test_records_make_the_graph_again():
    graph = study().graph
    records = [{**asdict(each), "needs": list(each.needs)} for each in graph.jobs]
    assert Graph.from_records(records) == graph
    assert Graph.from_records([]).of_dataset("split_samples", job("predict")) is None


@pytest.mark.parametrize(
    ("recorded", "is_code"),
    [("'0123456789abcdef'", True), ("0123456789abcdef", True), ("'dcgan'", False), ("16", False)],
)
def test_digests_of_code_are_told_from_settings(recorded, is_code):
    assert bool(CODE.fullmatch(recorded)) == is_code


def test_a_plan_that_fails_says_why(tmp_path):
    (tmp_path / "Snakefile").write_text("rule all:\n    input: 'nowhere.txt'\n")
    with pytest.raises(UserError, match=r"(?s)can't be planned.*nowhere\.txt"):
        plan(sys.executable, tmp_path / "Snakefile", {}, cores=1)
