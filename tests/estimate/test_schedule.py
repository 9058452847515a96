from dataclasses import replace

import pytest

from estimate_graphs import chain
from synthmix.estimate.schedule import wall_seconds


def seconds(graph, cores=2, gpus=None, each=10.0):
    return wall_seconds(graph, {job.number: each for job in graph.jobs}, cores, gpus)


@pytest.mark.parametrize(("cores", "expected"), [(1, 40), (2, 20), (3, 20), (4, 10)])
def test_jobs_that_wait_for_nothing_share_the_cores(cores, expected):
    assert seconds(chain((), (), (), ()), cores) == expected


def test_a_chain_takes_as_long_on_any_number_of_cores():
    assert seconds(chain((), (0,), (1,)), cores=8) == 30


def test_the_longest_way_is_started_first():
    graph = chain((), (), (), (2,), (3,))
    assert seconds(graph, cores=2) == 30


def test_done_jobs_take_no_time_and_keep_nobody_waiting():
    graph = chain((), (0,))
    graph = replace(graph, jobs=(replace(graph.jobs[0], to_do=False), graph.jobs[1]))
    assert seconds(graph) == 10


def changed(graph, **fields):
    return replace(graph, jobs=tuple(replace(job, **fields) for job in graph.jobs))


def test_jobs_with_several_threads_and_those_of_one_gpu_take_turns():
    pair = chain((), ())
    assert seconds(changed(pair, threads=2), cores=2) == 20
    assert seconds(changed(pair, threads=9), cores=2) == 20
    assert seconds(changed(pair, gpus=1), cores=2, gpus=1) == 20
    assert seconds(changed(pair, gpus=1), cores=2) == 10


def test_the_numbers_of_jobs_need_not_be_in_their_order():
    assert seconds(chain((1,), (2,), ()), cores=2) == 30
