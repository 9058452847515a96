from typing import NamedTuple

import pytest

from plan_data import view_of
from synthmix.plan.ask import ask, ask_for_file, ask_for_files

JOB = {"study": "tiny", "dataset": "phantoms", "seed": "7"}


class Pair(NamedTuple):
    a: str
    b: int


@pytest.fixture
def view():
    return view_of("tiny")


def test_a_question_is_given_the_wildcards_that_it_names(view):
    assert ask(lambda view, seed: (view.study, seed), view, JOB) == ("tiny", "7")
    assert ask(lambda view: view.dataset, view, JOB) == "phantoms"


def test_a_wildcard_that_a_job_lacks_has_its_default_or_is_missed(view):
    assert ask(lambda view, mix=None: mix, view, JOB) is None
    with pytest.raises(TypeError, match="mix"):
        ask(lambda view, mix: mix, view, JOB)


def test_files_are_of_all_combinations_the_last_fastest(view):
    files = ask_for_files(
        "{study}/{a}{b}-{seed}-{fold}",
        view,
        JOB,
        lambda view: [Pair("x", 1), Pair("y", 2)],
        seed=[1, 2],
        fold=lambda view: view.folds,
    )
    assert files == ["tiny/x1-1-", "tiny/x1-2-", "tiny/y2-1-", "tiny/y2-2-"]


def test_one_value_is_not_taken_apart_and_none_make_no_files(view):
    assert ask_for_files("{mix}", view, JOB, mix="real_only") == ["real_only"]
    assert ask_for_files("{seed}{mix}", view, JOB, mix=lambda view: []) == []


def test_a_file_is_one_or_none(view):
    assert ask_for_file("{seed}", view, JOB) == "7"
    assert ask_for_file("{seed}{mix}", view, JOB, mix=lambda view: "m") == "7m"
    assert ask_for_file("{seed}{mix}", view, JOB, mix=lambda view: None) == []
    assert ask_for_file("{a}{b}", view, JOB, lambda view: Pair("x", 1)) == "x1"
    assert ask_for_file("{a}{b}", view, JOB, lambda view: None) == []
    assert ask_for_file("{seed}", view, JOB, when=lambda view: True) == "7"
    assert ask_for_file("{seed}", view, JOB, when=lambda view: False) == []
