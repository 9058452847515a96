"""Real and synthetic images side by side, unlabelled: who can tell them apart?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.figures.pictures import StoredPictures, picture
from synthmix.files import write_table
from synthmix.resizing import resized
from synthmix.scopes import UNLABELLED
from synthmix.seeds import derive_seed
from synthmix.store import load_class, read_table, table_path

OF_EACH_ORIGIN = 12
COLUMNS = 6
KEY_COLUMNS = ["number", "origin", "label", "sample_id"]


@dataclass(frozen=True)
class Question:
    """One image (h, w, 3), uint8, and the answer."""

    image: np.ndarray
    origin: str
    label: str
    sample_id: str


@style.look()
def plot_quiz(
    images: str | Path,
    split: str | Path,
    pools: Mapping[str, str | Path],
    output: str | Path,
    key: str | Path,
    *,
    generator: str,
    unseen: Sequence[str],
    seed: int,
    scale: str,
    image_size: int | None = None,
) -> None:
    """Draw images in a random order with a number each; write to the table `key` what they are.

    Of each class there are as many real as synthetic ones, so that the class gives nothing away.
    Real ones are of the splits `unseen`, from which `generator` has not learned, of a later one
    where those of the first are too few; of any where it learns from all there are. `pools` holds
    the store with the images of each class. Where the generator has an `image_size` of its own all
    are shown at that, so that no sharpness gives real ones away. The same `seed` draws the same
    images.
    """
    random = np.random.default_rng(derive_seed("quiz", generator, seed))
    stored, samples = StoredPictures(images, split), read_table(split)
    most = max(1, OF_EACH_ORIGIN // len(pools))
    questions: list[Question] = []
    for label, pool in pools.items():
        if label == UNLABELLED:
            held_out = random.permutation(samples["sample_id"].to_numpy())
        else:
            held_out = _shuffled(samples[samples["label"] == label], unseen, random)
        synthetic = _synthetic(label, pool, stored.slices > 0, random, min(most, len(held_out)))
        questions += synthetic
        questions += [
            Question(stored.picture(name), "real", label, name)
            for name in held_out[: len(synthetic)]
        ]
    questions = [questions[place] for place in random.permutation(len(questions))]
    questions = [replace(q, image=resized(q.image[None], image_size)[0]) for q in questions]
    answers = [(n, q.origin, q.label, q.sample_id) for n, q in enumerate(questions, start=1)]
    _draw(questions, generator, output, scale)
    write_table(key, pd.DataFrame(answers, columns=KEY_COLUMNS))


def _shuffled(
    samples: pd.DataFrame, splits: Sequence[str], random: np.random.Generator
) -> np.ndarray:
    """Return the names of the `samples` of `splits`, each shuffled, one after the other."""
    parts = [samples.loc[samples["split"] == part, "sample_id"] for part in splits]
    return np.concatenate([random.permutation(part.to_numpy()) for part in parts])


def _synthetic(
    label: str, pool: str | Path, slices: bool, random: np.random.Generator, most: int
) -> list[Question]:
    """Return at most `most` images of a pool; their channels may be `slices` of volumes."""
    images, table = load_class(pool, label), read_table(table_path(pool))
    names = table.loc[table["label"] == label, "sample_id"].to_numpy()
    rows = random.choice(len(names), min(most, len(names)), replace=False)
    return [Question(picture(images[row], slices), "synthetic", label, names[row]) for row in rows]


def _draw(questions: list[Question], generator: str, output: str | Path, scale: str) -> None:
    title = f"Real or synthetic? Images of {style.shorten(generator, 30)} among real ones"
    height, width = questions[0].image.shape[:2] if questions else (1, 1)
    columns = max(2, round(COLUMNS * min(1, height / width)))  # slices lie in a row
    bands = max(1, -(-len(questions) // columns))
    side = (style.WIDTH / columns) * height / width
    figure = style.new_figure(title, 0.5 + bands * (side + 0.2), scale)
    axes = figure.subplots(bands, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for number, (axis, question) in enumerate(zip(axes.flat, questions, strict=False), start=1):
        _draw_question(axis, number, question)
    if not questions:
        axes[0, 0].text(0, 0.5, "no class has unseen real images and synthetic ones")
    style.save(figure, output)


def _draw_question(axis: Axes, number: int, question: Question) -> None:
    axis.imshow(question.image)
    axis.set_title(str(number), loc="center")
