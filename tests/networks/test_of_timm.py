import http.server
import threading

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from synthmix.classify.fetch_weights import fetch_weights, remote_file
from synthmix.classify.inspect import feature_maps, grad_cam
from synthmix.classify.settings import Classifier
from synthmix.errors import UserError
from synthmix.networks.build import build_network, load_backbone
from synthmix.networks.plan import backbone_name, is_downloaded, weights_name
from synthmix.registry import load_classifier_facts
from synthmix.score.features import load_network

# a name of each way to build one, with its layers
CHAINS = {
    "resnet18": 9,
    "convnext_atto": 5,
    "vit_tiny_patch16_224": 13,
    "vit_small_patch14_dinov2": 13,
    "mobilenetv3_small_050": 13,
    "regnety_002": 5,
    "swin_tiny_patch4_window7_224": 5,
}
WHOLE = "hrnet_w18_small"  # whose branches do more than follow each other
SMALL = "timm/mobilenetv3_small_050"


def settings_of(network, **settings):
    return Classifier(network=network, unfrozen_layers=0, **settings).model_dump(mode="json")


def made(name, **settings):
    torch.manual_seed(0)
    return timm.create_model(name, num_classes=0, **settings).eval()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Weights as timm saves them, with the dense layer of 1,000 classes and without."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    whole = timm.create_model("mobilenetv3_small_050").eval()
    save_file(whole.state_dict(), folder / "whole.safetensors")
    whole.reset_classifier(0)
    torch.save(whole.state_dict(), folder / "body.pth")
    return folder, whole


@pytest.mark.parametrize("name", [*CHAINS, WHOLE])
def test_a_network_is_cut_into_layers_that_do_what_it_does(name):
    network = f"timm/{name}"
    facts = load_classifier_facts(network)
    assert facts.layers == CHAINS.get(name, 1)
    with torch.device("meta"):
        built = build_network(settings_of(network), (3, facts.input_size, facts.input_size), 2)
    reference = timm.create_model(name, num_classes=0)
    count = sum(value.numel() for value in reference.parameters())
    assert sum(value.numel() for value in built.layers.parameters()) == count
    assert built.head[0].in_features == facts.channels


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "mobilenetv3_small_050"])
def test_with_its_weights_it_gives_what_timm_gives_wherever_it_is_cut(tmp_path, name):
    reference = made(name, **({"dynamic_img_size": True} if name.startswith("vit") else {}))
    save_file(reference.state_dict(), tmp_path / "w.safetensors")
    network = f"timm/{name}"
    fetch_weights(network, str(tmp_path / "w.safetensors"), tmp_path / "kept", seed=1)
    built = build_network(settings_of(network), (3, 64, 64), 2)
    load_backbone(built, load_file(tmp_path / "kept"))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = reference(images)
        assert built.eval().pooling(built.layers(images)).equal(expected)
        for unfrozen in (1, 4, len(built.layers)):
            frozen, trained = built.cut(unfrozen)
            assert trained.eval()(frozen(images)).equal(built.head(expected))


def test_small_images_are_taken_where_the_network_can():
    with torch.device("meta"):
        built = build_network(settings_of(SMALL), (3, 32, 32), 2)
        assert built.training
        assert built.eval()(torch.empty(2, 3, 32, 32)).shape == (2, 2)


@pytest.mark.parametrize("name", ["whole.safetensors", "body.pth"])
def test_a_users_file_is_taken_with_its_dense_layer_or_without(tmp_path, files, name):
    folder, reference = files
    fetch_weights(SMALL, str(folder / name), tmp_path / "kept", seed=1)
    features = load_network(tmp_path / "kept", SMALL, torch.device("cpu"), 64)
    images = torch.randint(0, 255, (2, 3, 64, 64), dtype=torch.uint8)
    mean, deviation = (
        torch.tensor(reference.pretrained_cfg[key])[:, None, None] for key in ("mean", "std")
    )
    with torch.no_grad():
        expected = reference((images / 255 - mean) / deviation)
        torch.testing.assert_close(features(images), expected)
    assert features.dims == expected.shape[1]


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code of the file was run')",))


def test_files_that_are_not_its_weights_are_refused_and_run_no_code(tmp_path, files):
    folder, reference = files
    state = reference.state_dict()
    torch.save(state | {"evil": Evil()}, tmp_path / "evil.pth")
    save_file(timm.create_model("resnet10t").state_dict(), tmp_path / "other.safetensors")
    part = dict(list(state.items())[:-4])
    save_file(part, tmp_path / "part.safetensors")
    whole = (folder / "whole.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    for name, message in {
        "evil.pth": "can't be read as weights",
        "cut.safetensors": "can't be read as weights",
        "other.safetensors": "does not fit the network timm/mobilenetv3_small_050",
        "part.safetensors": "does not fit the network timm/mobilenetv3_small_050",
        "gone.pth": "there is no file",
    }.items():
        with pytest.raises(UserError, match=message):
            fetch_weights(SMALL, str(tmp_path / name), tmp_path / "kept", seed=1)
        assert not (tmp_path / "kept").exists()


@pytest.fixture
def hub(tmp_path, files, monkeypatch):
    """A server that answers as the Hugging Face hub does, for one file."""
    content = (files[0] / "whole.safetensors").read_bytes()
    asked = []

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self._answer()

        def do_GET(self):
            if self._answer():
                self.wfile.write(content)

        def _answer(self):
            asked.append(self.path)
            found = self.path.endswith("/resolve/main/model.safetensors")
            self.send_response(200 if found else 404)
            for name, value in {
                "X-Repo-Commit": "c" * 40,
                "ETag": '"abc"',
                "Content-Length": str(len(content) if found else 0),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            return found

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_port}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        yield asked
        running.shutdown()


def test_pretrained_weights_come_from_the_hub(tmp_path, hub, files):
    fetch_weights(SMALL, "pretrained", tmp_path / "kept", seed=1)
    assert any("timm/mobilenetv3_small_050.lamb_in1k/resolve" in path for path in hub)
    fetch_weights(SMALL, str(files[0] / "whole.safetensors"), tmp_path / "given", seed=1)
    assert (tmp_path / "kept").read_bytes() == (tmp_path / "given").read_bytes()


def test_without_the_hub_it_is_said_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    template = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match=r"could not be had from the Hugging Face hub(.|\n)*none"):
        fetch_weights(SMALL, "pretrained", tmp_path / "kept", seed=1)


def test_random_weights_repeat_with_their_seed(tmp_path):
    for name, seed in {"a": 1, "b": 1, "c": 2}.items():
        fetch_weights(SMALL, "none", tmp_path / name, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_settings_of_one(tmp_path):
    network = "timm/vit_small_patch14_dinov2.lvd142m"
    settings = settings_of(network)
    assert settings["weights"] == "pretrained"
    assert is_downloaded(settings)
    name = "timm-vit_small_patch14_dinov2-lvd142m-pretrained"
    assert weights_name(settings, 1) == name
    assert backbone_name(settings | {"input_size": 224}, 1) == f"{name}-size224-unfrozen0"
    url = remote_file(network, "pretrained").url
    assert url.endswith("/timm/vit_small_patch14_dinov2.lvd142m/resolve/main/model.safetensors")


@pytest.mark.parametrize(
    ("network", "size", "message"),
    [
        ("timm/resnet81", 224, "timm has no resnet81: did you mean timm/resnet18"),
        ("timm/swin_tiny_patch4_window7_224", 96, "takes no images of 96 x 96 pixels"),
    ],
)
def test_networks_that_cannot_be_built(network, size, message):
    with pytest.raises(UserError, match=message):
        build_network(settings_of(network), (3, size, size), 2)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "mobilenetv3_small_050"])
def test_where_it_looks_is_seen_before_it_pools(name):
    size = 64
    network = build_network(settings_of(f"timm/{name}", weights="none"), (3, size, size), 2)
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    heats = [grad_cam(network, images, number) for number in (0, 1)]
    assert heats[0].shape == (2, size, size)
    assert sum(heats).flatten(1).std(1).min() > 0  # what does not speak for one does for the other
    for maps in feature_maps(network, images):
        assert maps.ndim == 4
        assert len(maps) == 2


def test_nearest_neighbours_look_nowhere():
    settings = settings_of(SMALL, weights="none", head="nearest_neighbours")
    network = build_network(settings, (3, 64, 64), 2)
    network.head[0].make_room(4)
    assert not grad_cam(network, torch.rand(2, 3, 64, 64), 1).any()
