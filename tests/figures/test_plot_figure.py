"""What a rule has reaches the function of its figure by name."""

import sys
from types import ModuleType

import pytest

from synthmix.errors import UserError
from synthmix.figures.plot_figure import by_what_they_are_of, plot_figure


@pytest.fixture
def drawn(monkeypatch):
    """What a figure `plot_nothing` was given."""
    given = {}

    def plot_nothing(split, pools, output, *, scale, seed):
        given.update(split=split, pools=pools, output=output, scale=scale, seed=seed)

    module = ModuleType("synthmix.figures.plot_nothing")
    module.plot_nothing = plot_nothing
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return given


INPUTS = {"split": "split.csv", "pools": ["a.npy", "b.npy"]}
PARAMS = {
    "pools": ["a", "b"],
    "seed": 3,
    "scale": "demo",
    "leakage": "none",
    "script": "plot_figure",
    "code": "1234",
}


def test_inputs_params_and_outputs_are_taken_by_name(drawn):
    plot_figure("plot_nothing", INPUTS, PARAMS, {"output": "f.svg"})
    assert drawn.pop("pools") == {"a": "a.npy", "b": "b.npy"}
    assert drawn == {"split": "split.csv", "output": "f.svg", "scale": "demo", "seed": 3}


def test_a_function_that_takes_something_else_is_told(drawn):
    without = {name: value for name, value in PARAMS.items() if name != "seed"}
    with pytest.raises(UserError) as found:
        plot_figure("plot_nothing", INPUTS, without, {"output": "f.svg"})
    assert "plot_nothing.py: plot_nothing: missing a required argument: 'seed'" in str(found.value)
    assert str(found.value).endswith("gives output, pools, scale, split: mend one of them")
    assert drawn == {}


def test_a_module_without_its_function_is_told(monkeypatch):
    module = ModuleType("synthmix.figures.plot_empty")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(UserError, match=r"plot_empty\.py: there is no function plot_empty"):
        plot_figure("plot_empty", {}, {"scale": "paper"}, {"output": "f.svg"})


@pytest.mark.parametrize(
    ("keys", "files", "given"),
    [
        (["a", "b"], ["1", "2"], {"a": "1", "b": "2"}),
        (["a", "b"], ["1"], {"a": "1", "b": "1"}),  # one model learned both
        ([], [], {}),
        ([("a", 1), ("a", 1)], ["1", "2"], [("a", 1, "1"), ("a", 1, "2")]),  # folds
        ([["a", "b"]], ["1", "2"], [("a", "b", "1", "2")]),
    ],
)
def test_files_come_with_what_they_are_of(keys, files, given):
    assert by_what_they_are_of(keys, files) == given


def test_files_of_nobody_knows_what_are_refused():
    with pytest.raises(ValueError, match="3 files for 2 keys"):
        by_what_they_are_of([("a", 1), ("b", 1)], ["1", "2", "3"])
