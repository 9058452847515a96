"""What an exported classifier says of new images."""

import csv
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from synthmix.classify.examples import FromImages
from synthmix.classify.model_file import ModelHeader, load_model
from synthmix.classify.new_images import NewImages, open_images
from synthmix.classify.predict import dropout
from synthmix.errors import UserError
from synthmix.evaluate.predictions import PROBABILITY
from synthmix.evaluate.settings import LARGEST_PROBABILITY
from synthmix.evaluate.threshold import predicted_classes
from synthmix.files import write_beside
from synthmix.networks.base import Network
from synthmix.networks.inputs import to_tensor
from synthmix.networks.plan import input_size_of, unfrozen_of
from synthmix.prepare.intensity import takes_common
from synthmix.prepare.prepare_images import (
    FACTS,
    Prepared,
    counted_notes,
    in_order,
    prepare_file,
)
from synthmix.prepare.settings import Prepare
from synthmix.readers import read_image
from synthmix.readers.raw_image import RawImage, Volume
from synthmix.seeds import derive_seed

LOGGER = logging.getLogger(__name__)
AT_ONCE = 64
NO_RANGE = (
    "deeper than 8 bits, and mapped by its own range: the classifier has none for such, so that "
    "brightness is not comparable"
)
EIGHT_BITS = "has 8 bits, taken as they are, and the classifier was trained on deeper images"


@dataclass(frozen=True)
class Answer:
    """What is said of one file: probabilities (classes,) and a class, or else a problem.

    `notes` are what the user is to be told besides.
    """

    file: str
    probabilities: np.ndarray | None = None
    predicted: str | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()


class TrainedClassifier:
    """An exported classifier, to be asked about prepared images."""

    def __init__(self, network: Network, header: ModelHeader, device: torch.device) -> None:
        """Take what `load_model` returned."""
        settings = header.settings.model_dump(mode="json")
        frozen, self.trained = network.cut(unfrozen_of(settings))
        self.trained.requires_grad_(False).eval()
        self.features = FromImages(network, frozen, input_size_of(settings), device)
        self.passes = header.settings.monte_carlo_passes
        self.header = header

    @classmethod
    def load(cls, path: str | Path, device: torch.device) -> "TrainedClassifier":
        """Load the file `path`, as `load_model` does."""
        return cls(*load_model(path, device), device)

    @torch.no_grad()
    def probabilities(self, image: np.ndarray, seed: int) -> np.ndarray:
        """Return the probability of each class (classes,), float32, for an image of the store.

        It is looked at by itself: in a batch the last digits depend on how many there are.
        `seed` draws the dropouts of Monte Carlo dropout, where the classifier uses that.
        """
        features = self.features(to_tensor(image[None]))
        if self.passes is None:
            return self.trained(features).softmax(1)[0].cpu().numpy()
        torch.manual_seed(seed)
        total = torch.zeros(len(self.header.classes), device=features.device)
        with dropout(self.trained, on=True):
            for start in range(0, self.passes, AT_ONCE):
                copies = min(AT_ONCE, self.passes - start)
                batch = features.expand(copies, *features.shape[1:])
                total += self.trained(batch).softmax(1).sum(0)
        return (total / self.passes).cpu().numpy()

    def decide(self, probabilities: np.ndarray) -> str:
        """Return the class that `probabilities` (classes,) stand for."""
        return decided(self.header, probabilities)


class Ensemble:
    """Exported classifiers that answer together, such as those of all folds of one training."""

    def __init__(self, members: Sequence[TrainedClassifier]) -> None:
        """Take classifiers of one kind; the threshold is the mean of theirs."""
        first = members[0].header
        threshold = sum(member.header.threshold for member in members) / len(members)
        about = f"The mean of {len(members)} classifiers. The first: {first.about}"
        self.members = members
        self.header = first.model_copy(update={"threshold": threshold, "about": about})

    def probabilities(self, image: np.ndarray, seed: int) -> np.ndarray:
        """Return the mean of what the members say; see `TrainedClassifier`."""
        said = [
            member.probabilities(image, derive_seed("member", seed, number))
            for number, member in enumerate(self.members)
        ]
        return np.mean(said, axis=0)

    def decide(self, probabilities: np.ndarray) -> str:
        """Return the class that `probabilities` (classes,) stand for."""
        return decided(self.header, probabilities)


Answering = TrainedClassifier | Ensemble


def load_classifiers(paths: Sequence[str | Path], device: torch.device) -> Answering:
    """Load one classifier, or several that answer together.

    Raises UserError where a file is none, or one is of other classes or images than the first.
    """
    members = [TrainedClassifier.load(path, device) for path in paths]
    first = members[0].header
    for path, member in zip(paths, members, strict=True):
        for name in ("classes", "positive_class", "prepare", "value_range"):
            if getattr(member.header, name) != getattr(first, name):
                raise UserError(
                    f"{path} has another {name} than {paths[0]}: only classifiers of the same "
                    f"classes and images can answer together"
                )
    return members[0] if len(members) == 1 else Ensemble(members)


def decided(header: ModelHeader, probabilities: np.ndarray) -> str:
    """Return the class that `probabilities` (classes,) stand for."""
    return predicted_classes(
        probabilities[None], header.classes, header.positive_class, header.threshold
    )[0]


def predict_new(
    models: Sequence[str | Path],
    place: str | Path,
    output: str | Path,
    seed: int,
    threads: int,
    device: torch.device,
) -> None:
    """Write what the exported classifiers `models` say of the images at `place`, as CSV.

    Of several it is the mean. See `open_images` for what may be at `place`, `write_answers` for
    `output`.
    """
    classifier = load_classifiers(models, device)
    LOGGER.info("%s", classifier.header.about)
    with open_images(Path(place), Path(output).parent) as images:
        answers = write_answers(classifier, images, output, seed, threads)
    # warnings are shown on the screen too
    remarkable = any(answer.problem or answer.notes for answer in answers)
    LOGGER.log(logging.WARNING if remarkable else logging.INFO, summary(images, answers))


def write_answers(
    classifier: Answering, images: NewImages, output: str | Path, seed: int, threads: int
) -> list[Answer]:
    """Write the CSV `output`, whole or not at all, and return what it says, without probabilities.

    A row an image: file, predicted, threshold where that is no default, `probability_<class>`,
    which sum to 1, and problem: why an image can't be read, else empty. `threads` read files ahead,
    and few images are in memory at a time. A row depends on its file and `seed` alone.
    """
    header, given = classifier.header, []
    threshold = [] if header.threshold == LARGEST_PROBABILITY else [str(header.threshold)]
    with (
        write_beside(output) as temporary,
        # names need not be UTF-8
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        columns = [f"{PROBABILITY}{label}" for label in header.classes]
        rows.writerow(
            ["file", "predicted", *(["threshold"] if threshold else []), *columns, "problem"]
        )
        for answer in _answers(classifier, images, seed, threads):
            if answer.probabilities is None:
                empty = [""] * (1 + len(threshold) + len(columns))
                rows.writerow([answer.file, *empty, answer.problem])
            else:
                values = map(str, answer.probabilities)
                rows.writerow([answer.file, answer.predicted, *threshold, *values, ""])
            given.append(replace(answer, probabilities=None))
    return given


def problems_of(answers: list[Answer]) -> int:
    """Return how many files could not be read."""
    return sum(bool(answer.problem) for answer in answers)


def summary(images: NewImages, answers: list[Answer]) -> str:
    """Return for people what has been done."""
    bad = problems_of(answers)
    text = f"{len(answers) - bad} of {len(answers)} images classified"
    if bad:
        first = next(answer for answer in answers if answer.problem)
        reason = "".join(letter if letter.isprintable() else "?" for letter in first.problem)
        text += (
            f"; {bad} can't be read, such as {first.file!r}: {reason} (the column problem has "
            f"them all)"
        )
    if images.passed_over:
        text += f"; other files passed over: {images.passed_over}"
    notes = counted_notes([(answer.file, answer.notes) for answer in answers])
    return "; ".join([text, *notes])


def _answers(classifier: Answering, images: NewImages, seed: int, threads: int) -> Iterator[Answer]:
    prepare, common = classifier.header.prepare, classifier.header.value_range

    def read(path: Path) -> RawImage:
        image = read_image(path, prepare.reading())
        _check_kind(image, prepare)
        if common is None and takes_common(image, prepare.intensity):
            return replace(image, notes=(*image.notes, NO_RANGE))
        return image

    def prepared(name: str) -> Prepared:
        return prepare_file(images.root / name, read, prepare, common)

    done = tqdm(
        in_order(prepared, images.names, threads), "classify", len(images.names), disable=None
    )
    for name, image in zip(images.names, done, strict=True):
        yield _answer(classifier, name, image, seed)


def _check_kind(image: RawImage, prepare: Prepare) -> None:
    """Raise ValueError where `image` is of another kind than the classifier was trained on."""
    is_volume, takes_volumes = isinstance(image, Volume), prepare.volume_shape is not None
    if is_volume and not takes_volumes and prepare.channels == 1:
        raise ValueError("is a volume, and the classifier takes grey pictures")
    if takes_volumes and not is_volume:
        raise ValueError("is a picture, and the classifier takes volumes")


def _answer(classifier: Answering, name: str, image: Prepared, seed: int) -> Answer:
    if image.array is None:
        return Answer(name, problem=image.reason)
    content = dict(zip(FACTS, image.facts, strict=True))["content"]
    probabilities = classifier.probabilities(image.array, derive_seed("new image", seed, content))
    other_depth = classifier.header.value_range is not None and not image.deep
    notes = (*image.notes, EIGHT_BITS) if other_depth else image.notes
    return Answer(name, probabilities, classifier.decide(probabilities), notes=notes)
