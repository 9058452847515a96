"""What is said of new images: the same as of test images, and of each image by itself."""

import os

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from synthmix.classify import predict_new as module
from synthmix.classify.export_classifier import describe, export_classifier
from synthmix.classify.extract_features import extract_features
from synthmix.classify.files import TrainingFiles
from synthmix.classify.model_file import load_model, save_model
from synthmix.classify.network import new_network
from synthmix.classify.new_images import open_images
from synthmix.classify.predict import predict
from synthmix.classify.predict_new import TrainedClassifier, predict_new, write_answers
from synthmix.classify.settings import Classifier
from synthmix.classify.train_classifier import train_classifier
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.nifti_folder import NiftiFolder
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.networks.plan import backbone_name, weights_name
from synthmix.prepare.index_dataset import index_dataset
from synthmix.prepare.intensity import limits_path
from synthmix.prepare.prepare_images import prepare_file, prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.readers import read_image
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.store import load_store, read_table
from tiny_classifiers import (
    CLASSES,
    CPU,
    PICTURES,
    VOLUMES,
    export,
    header,
    picture,
    write_volume,
)

IMAGES = 12
SHORT = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2, "weights": "none"}
FROZEN = {"network": "squeezenet1_1", "input_size": 32, "unfrozen_layers": 2, "dense_layers": [4]}


def pictures(folder):
    """Write pictures of many kinds, those that are turned or deep among them."""
    for number in range(IMAGES):
        image = picture(number, (20, 14 + number), ("L", "RGB", "RGBA", "P")[number % 4])
        file = folder / CLASSES[number % 2] / f"an image {number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        exif = image.getexif()
        exif[0x0112] = 1 + number % 8
        image.save(file, exif=exif)
    return ImageFolder(source="image_folder", path=str(folder), classes={c: [c] for c in CLASSES})


def deep_pictures(folder):
    """Write pictures of 16 bits, some darker than others."""
    for number in range(IMAGES):
        file = folder / CLASSES[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        values = np.asarray(picture(number)).astype(np.uint16) * (20 + 10 * (number % 3))
        Image.fromarray(values).save(file)
    return ImageFolder(source="image_folder", path=str(folder), classes={c: [c] for c in CLASSES})


def volumes(folder):
    for number in range(IMAGES):
        file = folder / CLASSES[number % 2] / f"{number}.nii.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_volume(file, number)
    return NiftiFolder(source="nifti_folder", path=str(folder), classes={c: [c] for c in CLASSES})


class Study:
    """A classifier trained and judged as the workflow does it."""

    def __init__(self, folder, dataset, prepare, settings, threshold=0.5, predicting=None):
        self.raw, self.prepare = folder / "raw", prepare
        self.store = folder / "real.npy"
        self.classifier = Classifier(**SHORT | settings).model_dump(mode="json")
        write_table(folder / "fetched.json", pd.DataFrame())
        (folder / "fetched.json").write_text(f'{{"root": "{self.raw}"}}')
        index_dataset(dataset.index_settings(), folder / "fetched.json", folder / "index.csv")
        prepare_images(
            folder / "index.csv",
            folder / "fetched.json",
            dataset.source,
            self.store,
            folder / "rejected.csv",
            prepare,
        )
        table = read_table(folder / "real.csv")
        # classes lie one after the other
        parts = ["train", "validation", "test", "train", "validation", "test"] * 2
        split = table.assign(split=parts)
        mix = split[split["split"] != "test"]
        write_table(folder / "split.csv", split)
        write_table(folder / "mix.csv", mix.assign(store="real", row=mix.index))
        self.files = self._files(folder)
        torch.manual_seed(0)
        train_classifier(
            self.classifier,
            {},
            self.files,
            list(CLASSES),
            "bad",
            folder / "weights.safetensors",
            folder / "history.csv",
            Checkpoint(folder / "a.pt", "a", 3600),
            1,
            1,
            CPU,
        )
        outputs = {part: folder / f"{part}.csv" for part in ("test", "validation")}
        weights = folder / "weights.safetensors"
        predict(
            weights,
            self.files,
            folder / "split.csv",
            outputs,
            "bad",
            threshold,
            predicting or {},
            None,
            1,
            1,
            CPU,
        )
        self.predictions = pd.concat([read_table(file) for file in outputs.values()])
        self.predictions = self.predictions.merge(table[["sample_id", "path"]])
        self.model = folder / "model.safetensors"
        export_classifier(
            weights,
            self.files.weights,
            outputs["validation"],
            limits_path(self.store),
            prepare,
            predicting or {},
            "bad",
            "a b",
            self.model,
        )

    def _files(self, folder):
        weights, features = {}, {}
        if name := weights_name(self.classifier, 1):
            images, _ = load_store(self.store)
            network = new_network(self.classifier, (images.shape[3], *images.shape[1:3]), 2)
            state = {f"layers.{key}": value for key, value in network.layers.state_dict().items()}
            save_file(state, folder / "start.safetensors")
            weights[name] = folder / "start.safetensors"
        if backbone := backbone_name(self.classifier, 1):
            features[backbone, "real"] = folder / "features.npy"
            extract_features(
                self.store, weights[name], folder / "features.npy", self.classifier, CPU
            )
        return TrainingFiles(folder / "mix.csv", {"real": self.store}, features, weights)


def answers(model, place, output, **changes):
    arguments = {"seed": 1, "threads": 2, "device": CPU} | changes
    predict_new([model], place, output, **arguments)
    return pd.read_csv(output, keep_default_na=False)


@pytest.mark.parametrize(
    ("make", "prepare", "settings", "threshold"),
    [
        (pictures, {"image_size": 16}, PICTURES, 0.5),
        (pictures, {"image_size": 16, "channels": 3, "pad_to_square": False}, FROZEN, 0.5),
        (pictures, {"image_size": 16}, PICTURES | {"input_size": 24}, {"sensitivity": 1.0}),
        (deep_pictures, {"image_size": 16}, PICTURES, 0.5),
        (volumes, {"volume_shape": (8, 8, 6)}, VOLUMES, 0.5),
        (volumes, {"volume_shape": (8, 8, 6), "intensity": "dataset"}, VOLUMES, 0.5),
        (volumes, {"image_size": 16, "channels": 3}, PICTURES, 0.5),
    ],
)
def test_new_images_are_seen_as_test_images_are(make, prepare, settings, threshold, tmp_path):
    dataset = make(tmp_path / "raw")
    study = Study(tmp_path, dataset, Prepare(**prepare), settings, threshold)
    stored, table = load_store(study.store)
    _, header = load_model(study.model, CPU)
    for path, image in zip(table["path"], stored, strict=True):
        again = prepare_file(study.raw / path, read_image, header.prepare, header.value_range)
        np.testing.assert_array_equal(again.array, image)

    found = answers(study.model, study.raw, tmp_path / "new.csv").set_index("file")
    assert sorted(found.index) == sorted(table["path"])
    assert set(found["problem"]) == {""}
    rows = study.predictions
    assert len(rows) > 5
    for label in CLASSES:
        column = f"probability_{label}"
        expected = rows[column].to_numpy(float)
        given = found.loc[rows["path"], column].to_numpy(float)
        np.testing.assert_allclose(given, expected, rtol=0, atol=2e-6)
    # but where an image is at the threshold itself
    clear = np.abs(rows["probability_bad"] - header.threshold) > 1e-5
    assert clear.sum() > 4
    expected = rows.loc[clear, "predicted"].tolist()
    assert found.loc[rows.loc[clear, "path"], "predicted"].tolist() == expected
    assert ("threshold" in found) == (header.threshold != 0.5) == (threshold != 0.5)
    assert "threshold" not in found or set(found["threshold"]) == {header.threshold}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "new"
    (root / "sub").mkdir(parents=True)
    for number in range(9):
        picture(number).save(root / ("sub" if number % 2 else "") / f"{number}.png")
    return root


MONTE_CARLO = {"monte_carlo_passes": 70, "dense_layers": [8], "dropout": 0.5}


@pytest.mark.parametrize("more", [{}, MONTE_CARLO])
def test_an_image_is_judged_by_itself(more, folder, tmp_path):
    model = export(tmp_path / "model.safetensors", settings=Classifier(**PICTURES | more))
    together = answers(model, folder, tmp_path / "all.csv", threads=3)
    again = answers(model, folder, tmp_path / "again.csv", threads=1)
    pd.testing.assert_frame_equal(together, again)
    assert (tmp_path / "all.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()
    for _, row in together.iterrows():
        alone = answers(model, folder / row["file"], tmp_path / "one.csv").iloc[0]
        assert alone["probability_bad"] == row["probability_bad"]
    assert together["probability_bad"].nunique() == len(together)
    total = together["probability_bad"] + together["probability_good"]
    np.testing.assert_allclose(total, 1, atol=1e-6)
    other = answers(model, folder, tmp_path / "other.csv", seed=2)
    assert other["probability_bad"].equals(together["probability_bad"]) == (not more)


def test_monte_carlo_is_the_mean_over_dropouts(folder, tmp_path):
    without = Classifier(**PICTURES | {"dense_layers": [8]})
    plain = export(tmp_path / "plain.safetensors", settings=without)
    many = MONTE_CARLO | {"monte_carlo_passes": 3000, "dropout": 0.02}
    dropping = export(tmp_path / "many.safetensors", settings=Classifier(**PICTURES | many))
    one = answers(plain, folder / "0.png", tmp_path / "1.csv")["probability_bad"][0]
    mean = answers(dropping, folder / "0.png", tmp_path / "2.csv")["probability_bad"][0]
    assert mean == pytest.approx(one, abs=0.05)
    assert mean != one


def test_a_training_predicts_with_passes_that_it_was_not_told_of(tmp_path):
    settings = {"network": "cnn", "cnn": {"levels": 2, "filters": 3}, "input_size": 24}
    settings |= {"dense_layers": [8], "dropout": 0.5}
    said = {}
    for name, passes in (("plain", None), ("bayesian", 20)):
        folder = tmp_path / name
        folder.mkdir()
        predicting = {"monte_carlo_passes": passes} if passes else {}
        prepare = Prepare(image_size=16)
        study = Study(folder, pictures(folder / "raw"), prepare, settings, predicting=predicting)
        assert load_model(study.model, CPU)[1].settings.monte_carlo_passes == passes
        said[name] = study.predictions["probability_bad"].to_numpy()
    trained = [(tmp_path / name / "weights.safetensors").read_bytes() for name in said]
    assert trained[0] == trained[1]
    assert not np.allclose(said["plain"], said["bayesian"], atol=1e-4)


def test_classifiers_of_all_folds_answer_with_their_mean(folder, tmp_path):
    models = []
    for number, threshold in enumerate((0.4, 0.7)):
        model = tmp_path / f"fold{number}.safetensors"
        kept = header(threshold=threshold)
        torch.manual_seed(number)
        network = new_network(kept.settings.model_dump(mode="json"), kept.image_shape, 2)
        save_model(model, network, kept)
        models.append(model)
    alone = [answers(model, folder, tmp_path / f"{model.stem}.csv") for model in models]
    predict_new(models, folder, tmp_path / "both.csv", seed=1, threads=2, device=CPU)
    both = pd.read_csv(tmp_path / "both.csv", keep_default_na=False)
    mean = sum(table["probability_bad"] for table in alone) / 2
    np.testing.assert_allclose(both["probability_bad"], mean, atol=1e-6)
    assert not np.allclose(alone[0]["probability_bad"], alone[1]["probability_bad"], atol=1e-3)
    assert set(both["threshold"]) == {0.55}
    assert both["predicted"].tolist() == ["bad" if p >= 0.55 else "good" for p in mean]


def test_classifiers_of_other_images_do_not_answer_together(folder, tmp_path):
    one = export(tmp_path / "one.safetensors")
    other = export(tmp_path / "other.safetensors", prepare=Prepare(image_size=20))
    with pytest.raises(UserError, match="has another prepare than"):
        predict_new([one, other], folder, tmp_path / "a.csv", seed=1, threads=1, device=CPU)


def test_files_that_cannot_be_read_are_told_and_stop_nothing(folder, tmp_path):
    (folder / "text.png").write_text("no picture")
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:60])
    (folder / "empty.dcm").write_bytes(b"")
    write_volume(folder / "volume.nii", 1)
    (folder / "notes.txt").write_text("no image")
    model = export(tmp_path / "model.safetensors")
    found = answers(model, folder, tmp_path / "new.csv")
    assert list(found) == ["file", "predicted", "probability_bad", "probability_good", "problem"]
    problems = found.set_index("file")["problem"]
    assert "cannot identify image file" in problems["text.png"]
    assert problems["cut.png"]
    assert "is empty" in problems["empty.dcm"]
    assert problems["volume.nii"] == "is a volume, and the classifier takes grey pictures"
    assert (problems == "").sum() == 9
    bad = found[found["problem"] != ""]
    assert set(bad["predicted"]) == set(bad["probability_bad"]) == {""}
    good = found[found["problem"] == ""]
    assert set(good["predicted"]) <= set(CLASSES)


def test_a_picture_is_no_volume(folder, tmp_path):
    settings, shape = Classifier(**VOLUMES), Prepare(volume_shape=(8, 8, 8))
    model = export(tmp_path / "model.safetensors", settings=settings, prepare=shape)
    write_volume(folder / "a.nii.gz", 1)
    problems = answers(model, folder, tmp_path / "new.csv").set_index("file")["problem"]
    assert problems["a.nii.gz"] == ""
    assert problems["0.png"] == "is a picture, and the classifier takes volumes"


ODD_NAMES = ["a b.png", "[x]{y}*.png", "größe.png", "two\nlines.png", 'quote",.png', "-dash.png"]


def test_odd_names_come_back_as_they_are(tmp_path):
    root = tmp_path / "new"
    root.mkdir()
    for number, name in enumerate(ODD_NAMES):
        picture(number).save(root / name)
    picture(9).save(root / "plain.png")
    (root / "plain.png").rename(root / os.fsdecode(b"latin\xe9.png"))
    found = answers(export(tmp_path / "model.safetensors"), root, tmp_path / "new.csv")
    assert sorted(found["file"]) == sorted([*ODD_NAMES, "latin\\udce9.png"])
    assert set(found["problem"]) == {""}


def test_few_images_are_in_memory_at_a_time(folder, tmp_path, monkeypatch):
    alive, most = set(), []
    prepare, answer = module.prepare_file, module._answer

    def noted(path, *arguments):
        alive.add(path.name)
        most.append(len(alive))
        return prepare(path, *arguments)

    def done(classifier, name, *arguments):
        alive.discard((folder / name).name)
        return answer(classifier, name, *arguments)

    for number in range(40):
        picture(1).save(folder / f"more{number}.png")
    monkeypatch.setattr(module, "prepare_file", noted)
    monkeypatch.setattr(module, "_answer", done)
    answers(export(tmp_path / "model.safetensors"), folder, tmp_path / "new.csv", threads=1)
    assert max(most) < 10


def test_a_table_is_written_whole_or_not_at_all(folder, tmp_path, monkeypatch):
    classifier = TrainedClassifier.load(export(tmp_path / "model.safetensors"), CPU)
    seen = []

    def stop(*arguments):
        seen.append(arguments)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return TrainedClassifier.probabilities(classifier, *arguments)

    monkeypatch.setattr(classifier, "probabilities", stop)
    with open_images(folder, tmp_path) as images, pytest.raises(KeyboardInterrupt):
        write_answers(classifier, images, tmp_path / "new.csv", 1, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "new"]


def test_what_a_classifier_is_in_one_line():
    names = {"study": "s", "dataset": "d", "classifier": "c", "mix": "m", "seed": "3"}
    text = describe(names, "Two\nlines \x1b[31m", 1, 2, 1, "demo", stand_in=True)
    assert text.startswith("Classifier c of the study s (Two lines [31m), trained on d, mix m, ")
    assert "seed 3, fold 2, scale demo." in text
    assert "stand-ins" in text
    assert "Trained small" in text
    assert text.isprintable()
    plain = describe(names, "T", 1, None, 1, "paper", stand_in=False)
    assert "fold" not in plain
    assert "split" not in plain
    repeated = describe(names, "T", 2, None, 3, "paper", stand_in=False)
    assert "seed 3, split 2, training 3 of its generator, scale paper." in repeated
    assert "stand-ins" not in plain
    assert "Trained small" not in plain


def test_a_classifier_that_saw_its_test_images_says_so():
    names = {"study": "s", "dataset": "d", "classifier": "c", "mix": "m", "seed": "3"}
    text = describe(names, "T", 1, None, 1, "paper", stand_in=False, leakage="as_published")
    assert "Test images were seen in training (leakage: as_published)" in text
    assert "leakage" not in describe(names, "T", 1, None, 1, "paper", stand_in=False)
