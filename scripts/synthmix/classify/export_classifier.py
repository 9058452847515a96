"""A trained classifier as one file, to classify new images with."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthmix.classify.model_file import ModelHeader, network_settings, save_model
from synthmix.classify.network import load_network
from synthmix.classify.settings import Classifier
from synthmix.evaluate.settings import LARGEST_PROBABILITY
from synthmix.leakage import NONE, caution
from synthmix.prepare.intensity import read_limits
from synthmix.prepare.settings import Prepare
from synthmix.scales import warning_of
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
STAND_IN = "The images were drawn by the workflow as stand-ins: of no use for real ones."
DEMO = "Trained small, to show that the workflow runs: of no use for anything else."
PURPOSE = "For research; not for diagnosis."


def export_classifier(
    model: str | Path,
    weights: Mapping[str, str | Path],
    validation: str | Path,
    limits: str | Path,
    prepare: Prepare,
    predicting: Mapping[str, Any],
    positive_class: str | None,
    about: str,
    output: str | Path,
) -> None:
    """Write the trained classifier in the file `model` with all that new images need.

    `weights` are files of starting weights by name, that of this classifier among them;
    `validation` are its predictions of the validation images, which name the threshold where that
    is no default. `prepare` is how the images it was trained on were made equal, `limits` the file
    with the range of values of the deep ones among them, `about` says for people what it was
    trained on. `predicting` are settings that go over those of the training. `output` is a
    safetensors file for `model_file.load_model`.
    """
    network, header = load_network(model, weights)
    settings = Classifier(**network_settings({**header.settings, **predicting}))
    table = read_table(validation)
    exported = ModelHeader(
        settings=settings,
        classes=tuple(header.classes),
        positive_class=positive_class,
        threshold=float(table["threshold"][0]) if "threshold" in table else LARGEST_PROBABILITY,
        prepare=prepare,
        value_range=read_limits(limits),
        about=about,
    )
    if exported.image_shape != tuple(header.image_shape):
        raise ValueError(f"{model} is not of images prepared as {prepare}")
    save_model(output, network, exported)
    LOGGER.info("%s", about)


def describe(
    names: Mapping[str, str],
    title: str,
    split: int,
    fold: int | None,
    training: int,
    scale: str,
    stand_in: bool,
    leakage: str = NONE,
) -> str:
    """Return for people what a classifier is: one line of printable text.

    `names` has the study, dataset, classifier, mix and seed; `title` is that of the study,
    `leakage` how it splits its images. `split` and `training`, of the generator of the mix, are
    numbers from 1.
    """
    warning = caution(leakage)
    tested = "" if fold is None else f", fold {fold}"
    if split != 1 or training != 1:
        tested += f", split {split}, training {training} of its generator"
    parts = [
        f"Classifier {names['classifier']} of the study {names['study']} ({title}), trained on "
        f"{names['dataset']}, mix {names['mix']}, seed {names['seed']}{tested}, scale {scale}.",
        STAND_IN if stand_in else "",
        f"{warning}: its results there are too good." if warning else "",
        warning_of(scale, DEMO),
        PURPOSE,
    ]
    text = " ".join(" ".join(parts).split())
    return "".join(letter for letter in text if letter.isprintable())[:2000]
