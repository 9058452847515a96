import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import timm
import torch
import torchvision
from PIL import Image
from pytorch_fid import fid_score, inception
from safetensors.torch import save_file

from synthmix.classify.fetch_weights import fetch_weights
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.registry import load_classifier
from synthmix.score.extract_score_features import extract_score_features
from synthmix.score.features import InceptionFeatures, load_network
from synthmix.score.fetch_score_weights import fetch_score_weights
from synthmix.score.settings import INCEPTION_FILE
from synthmix.score.statistics import fit_gaussian, frechet_distance
from synthmix.store import load_array, save_array

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def state():
    """Random weights of pytorch-fid's network, drawn so that its features differ."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torchvision.models.Inception3, "load_state_dict", lambda *_: None)
        patch.setattr(inception, "load_state_dict_from_url", lambda *_, **__: None)
        torch.manual_seed(0)
        network = inception.fid_inception_v3()
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
    return network.state_dict()


def pictures(count, channels, seed):
    """Spots of different sizes and places, (count, 32, 32, channels) uint8."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    left, top, size = random.uniform(-0.5, 0.9, (3, count, 1, 1))
    spots = np.exp(-((x - left) ** 2 + (y - top) ** 2) / (0.6 + size / 2) ** 2)
    colours = random.uniform(0.3, 1, (count, 1, 1, channels)) * 255
    return (spots[..., None] * colours).astype(np.uint8)


def write_pictures(folder, images):
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"{number:03}.png")
    return str(folder)


def our_features(tmp_path, state, images):
    torch.save(state, tmp_path / "weights.pth")
    save_array(tmp_path / "images.npy", images.shape[1:], "uint8", [images])
    write_table(tmp_path / "images.csv", pd.DataFrame({"label": ["a"] * len(images)}))
    extract_score_features(
        tmp_path / "images.npy",
        tmp_path / "weights.pth",
        "inception",
        None,
        tmp_path / "features.npy",
        None,
        CPU,
    )
    return np.array(load_array(tmp_path / "features.npy"))


@pytest.fixture
def their_weights(state, monkeypatch):
    monkeypatch.setattr(inception, "load_state_dict_from_url", lambda *_, **__: state)


@pytest.mark.parametrize("channels", [1, 3])
def test_features_are_those_of_pytorch_fid(tmp_path, state, their_weights, channels):
    images = pictures(3, channels, 0)
    write_pictures(tmp_path / "png", images)
    files = sorted(Path(tmp_path / "png").glob("*.png"))
    theirs = fid_score.get_activations(files, inception.InceptionV3(), 3, num_workers=0)
    ours = our_features(tmp_path, state, images)
    assert ours.shape == (3, 2048)
    assert theirs.std(0).mean() > 0.01
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Matrix is singular", "ignore:The `disp` argument")
def test_fid_is_that_of_pytorch_fid(tmp_path, state, their_weights):
    sets = [pictures(8, 1, seed) for seed in (0, 1)]
    folders = [write_pictures(tmp_path / str(n), images) for n, images in enumerate(sets)]
    theirs = fid_score.calculate_fid_given_paths(folders, 4, "cpu", 2048, num_workers=0)
    ours = [fit_gaussian(our_features(tmp_path, state, images)) for images in sets]
    assert theirs > 0.5
    assert frechet_distance(*ours) == pytest.approx(theirs, abs=1e-3)


def test_the_file_has_the_name_at_pytorch_fids_address():
    assert inception.FID_WEIGHTS_URL.endswith("/" + INCEPTION_FILE)


def test_weights_of_another_network_are_refused(tmp_path):
    save_file({"conv.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="does not fit pytorch-fid's Inception"):
        load_network(tmp_path / "other.safetensors", "inception", CPU)


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code of the file was run')",))


def test_files_that_are_no_weights_are_refused_and_run_no_code(tmp_path):
    torch.save({"conv": Evil()}, tmp_path / "evil.pth")
    (tmp_path / "empty.pth").touch()
    (tmp_path / "text.safetensors").write_text("text")
    for name in ("evil.pth", "empty.pth", "text.safetensors"):
        with pytest.raises(UserError, match=f"{name} can't be read as weights"):
            load_network(tmp_path / name, "inception", CPU)
    with pytest.raises(UserError, match="there is no file"):
        load_network(tmp_path / "gone.pth", "inception", CPU)


def test_features_that_are_no_numbers_are_refused(tmp_path, state):
    broken = {name: value * torch.nan for name, value in state.items()}
    with pytest.raises(UserError, match="not a finite number"):
        our_features(tmp_path, broken, pictures(1, 1, 0))
    assert not (tmp_path / "features.npy").exists()


def test_a_store_without_images_has_no_features(tmp_path, state):
    assert our_features(tmp_path, state, pictures(0, 1, 0)).shape == (0, 2048)


def test_weights_are_downloaded_and_checked(tmp_path, monkeypatch):
    file = tmp_path / "weights-00000000.pth"
    file.write_bytes(b"something else")
    monkeypatch.setattr(inception, "FID_WEIGHTS_URL", file.as_uri())
    with pytest.raises(
        UserError, match=r"could not be downloaded(.|\n)*network: to efficientnet_lite0"
    ):
        fetch_score_weights(tmp_path / "out" / INCEPTION_FILE)
    assert list((tmp_path / "out").iterdir()) == []
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    right = file.rename(tmp_path / f"weights-{checksum}.pth")
    monkeypatch.setattr(inception, "FID_WEIGHTS_URL", right.as_uri())
    fetch_score_weights(tmp_path / "out" / INCEPTION_FILE)
    assert (tmp_path / "out" / INCEPTION_FILE).read_bytes() == b"something else"


def test_the_network_holds_no_gradients(state):
    assert not any(weight.requires_grad for weight in InceptionFeatures(state).parameters())


def test_random_weights_stand_in_for_those_of_inception(tmp_path, caplog):
    output = tmp_path / "w.pth"
    fetch_score_weights(output, tmp_path / "none.pth", seed=1)
    assert "stood in for by random ones" in caplog.text
    network = load_network(output, "inception", torch.device("cpu"))
    images = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    assert torch.isfinite(network(images)).all()
    fetch_score_weights(tmp_path / "copy.pth", output)
    assert (tmp_path / "copy.pth").read_bytes() == output.read_bytes()


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "lite.safetensors"
    fetch_weights("efficientnet_lite0", "imagenet", file, seed=1)
    return file


@pytest.mark.parametrize(("channels", "size"), [(1, None), (3, 64)])
def test_features_of_a_classifiers_network_are_what_a_frozen_one_gives_its_dense_layers(
    lite, channels, size
):
    images = torch.from_numpy(pictures(3, channels, 0)).permute(0, 3, 1, 2)
    features = load_network(lite, "efficientnet_lite0", CPU, size)
    network = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
    state = load_classifier("efficientnet_lite0").PUBLISHED["efficientnet_lite0"].weights
    tensors = torch.load(state.file(), weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=False)))
    resized = torch.nn.functional.interpolate(
        images.expand(-1, 3, -1, -1).float() / 255, size or 224, mode="bilinear", antialias=True
    )
    with torch.no_grad():
        torch.testing.assert_close(features(images), network(resized * 2 - 1))
    assert features(images).shape == (3, features.dims) == (3, 1280)
