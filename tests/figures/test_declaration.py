"""A declaration that can't be followed is told, with what there is instead."""

from dataclasses import replace

import pytest

from synthmix.errors import UserError
from synthmix.figures.catalogue import FIGURES
from synthmix.figures.declaration import check_figures

KNOWN = {
    "inputs": {name: f"{name}.csv" for figure in FIGURES for name in figure.inputs}
    | {"search": "{study}/{dataset}/{kind}-{name}.csv"},
    "params": {name for figure in FIGURES for name in figure.params},
    "when": {figure.when for figure in FIGURES},
}
SAMPLES = next(figure for figure in FIGURES if figure.name == "plot_samples")


def test_the_catalogue_is_right():
    check_figures(FIGURES, KNOWN)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inputs": "images"}, "inputs must be a tuple: put a comma behind the name"),
        ({"inputs": ("images", "sumary")}, "inputs: 'sumary' is not one of candidate_histories, "),
        ({"params": ("images",)}, "params: 'images' is not one of augmentations, "),
        ({"when": "mixed"}, "when: 'mixed' is not one of always, census, "),
        ({"per": "network"}, "per: 'network' is not one of augmented classifier, "),
        ({"section": "sample"}, "section: 'sample' is not one of classifiers, comparisons, "),
        ({"file": "samples.png"}, "file: one per generator has {generator}, not 'samples.png'"),
        ({"per": "data set"}, "file: one per data set has no wildcard, not 'samples-{generator}"),
        ({"per": "stage"}, "file: one per stage has {kind}, {name}, {stage}, not 'samples-"),
        ({"file": "a-{.png"}, "file: 'a-{.png': expected '}' before end of string"),
        ({"params": ("classifier",)}, "params: one per generator has no classifier"),
        ({"inputs": ("search",)}, "inputs: 'search' is not there once per generator"),
        ({"name": "plot_sample"}, "there is no scripts/synthmix/figures/plot_sample.py: write it"),
    ],
)
def test_mistakes_are_told(changes, told):
    with pytest.raises(UserError) as found:
        check_figures([replace(SAMPLES, **changes)], KNOWN)
    name = changes.get("name", "plot_samples")
    assert str(found.value).startswith(f"scripts/synthmix/figures/catalogue.py, {name}: {told}")


@pytest.mark.parametrize("alike", ["name", "file"])
def test_figures_that_are_in_each_others_way_are_told(alike):
    other = next(figure for figure in FIGURES if figure.name == "plot_quiz")
    other = replace(other, **{alike: getattr(SAMPLES, alike)})
    with pytest.raises(UserError, match=f"{alike}: two figures have it"):
        check_figures([SAMPLES, other], KNOWN)
