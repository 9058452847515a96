"""A declaration that can't be followed is told, with what there is instead."""

from dataclasses import replace

import pytest

from synthmix.errors import UserError
from synthmix.figures.catalogue import FIGURES
from synthmix.figures.declaration import check_figures

KNOWN = {
    "inputs": {name for figure in FIGURES for name in figure.inputs},
    "params": {name for figure in FIGURES for name in figure.params},
    "when": {figure.when for figure in FIGURES},
}
SAMPLES = next(figure for figure in FIGURES if figure.name == "plot_samples")


def test_the_catalogue_is_right():
    check_figures(FIGURES, KNOWN)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inputs": ("images", "sumary")}, "inputs: 'sumary' is none of census, "),
        ({"params": ("images",)}, "params: 'images' is none of classifier, dataset, "),
        ({"when": "mixed"}, "when: 'mixed' is none of always, census, "),
        ({"per": "network"}, "per: 'network' is none of classifier, data set, generator, "),
        ({"section": "sample"}, "section: 'sample' is none of classifiers, comparisons, "),
        ({"file": "samples.png"}, "file: one per generator has {generator}, not 'samples.png'"),
        ({"per": "data set"}, "file: one per data set has no wildcard, not 'samples-{generator}"),
        ({"per": "stage"}, "file: one per stage has {kind}, {name}, {stage}, not 'samples-"),
        ({"name": "plot_sample"}, "there is no module synthmix/figures/plot_sample.py"),
    ],
)
def test_mistakes_are_told(changes, told):
    with pytest.raises(UserError) as found:
        check_figures([replace(SAMPLES, **changes)], KNOWN)
    name = changes.get("name", "plot_samples")
    assert str(found.value).startswith(f"synthmix/figures/catalogue.py, {name}: {told}")
