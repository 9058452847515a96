import hashlib
import http.server
import threading
from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from synthmix.classify.fetch_weights import fetch_weights, remote_file
from synthmix.errors import UserError
from synthmix.networks.published import names_of_weights
from synthmix.registry import load_classifier


def made_up(network):
    """Return weights under torchvision's names."""
    names = names_of_weights(load_classifier(network).PUBLISHED[network])
    return {theirs: torch.rand(tensor.shape).to(tensor.dtype) for _, theirs, tensor in names}


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return made_up("squeezenet1_1")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A local HTTP server: its folder and its address."""
    folder = tmp_path_factory.mktemp("server")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *args: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def serve(server, monkeypatch):
    """A function that puts weights on the server as torchvision does; it returns the file."""
    folder, address = server

    def serve(network, state):
        torch.save(state, folder / "new.pth")
        checksum = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()[:8]
        file = (folder / "new.pth").rename(folder / f"{network}-{checksum}.pth")
        published = load_classifier(network).PUBLISHED
        here = replace(published[network], weights=f"{address}/{file.name}")
        monkeypatch.setitem(published, network, here)
        return file

    return serve


@pytest.mark.parametrize(
    ("network", "theirs", "ours"),
    [
        ("vgg16", "features.5.weight", "layers.2.0.weight"),
        ("resnet18", "layer2.0.bn1.running_var", "layers.3.bn1.running_var"),
        ("inception_v3", "AuxLogits.conv0.bn.bias", "auxiliary.conv0.bn.bias"),
    ],
)
def test_imagenet_weights_are_downloaded_checked_and_kept(tmp_path, serve, network, theirs, ours):
    state = made_up(network)
    serve(network, state | {"fc.bias": torch.zeros(4), "classifier.0.bias": torch.zeros(4)})
    fetch_weights(network, "imagenet", tmp_path / "w.safetensors", seed=1)
    loaded = load_file(tmp_path / "w.safetensors")
    assert len(loaded) == len(state)
    assert loaded[ours].equal(state[theirs])


@pytest.mark.parametrize("damage", ["truncated", "absent"])
def test_a_failed_download_names_the_setting_and_leaves_nothing(tmp_path, serve, state, damage):
    file = serve("squeezenet1_1", state)
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    else:
        file.unlink()
    with pytest.raises(UserError, match=r"could not be downloaded(.|\n)*weights: none"):
        fetch_weights("squeezenet1_1", "imagenet", tmp_path / "w.safetensors", seed=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("network", "file"),
    [
        ("vgg16", "vgg16-397923af.pth"),
        ("resnet18", "resnet18-f37072fd.pth"),
        ("resnet34", "resnet34-b627a593.pth"),
        ("resnet50", "resnet50-0676ba61.pth"),
        ("inception_v3", "inception_v3_google-0cc3c7bd.pth"),
        ("squeezenet1_1", "squeezenet1_1-b8a52dc0.pth"),
        ("efficientnet_b0", "efficientnet_b0_rwightman-7f5810bc.pth"),
    ],
)
def test_torchvisions_addresses_end_in_a_checksum(network, file):
    assert load_classifier(network).PUBLISHED[network].weights.endswith(f"/{file}")


def test_the_weights_of_an_author_are_downloaded_from_their_own_address(tmp_path, serve):
    state = made_up("vgg16")
    file = serve("vgg16", state)
    published = load_classifier("vgg16").PUBLISHED["vgg16"]
    here = replace(published.original, url=published.weights)
    with pytest.MonkeyPatch.context() as patch:
        both = replace(published, weights="http://127.0.0.1:9/not-00000000.pth", original=here)
        patch.setitem(load_classifier("vgg16").PUBLISHED, "vgg16", both)
        assert remote_file("vgg16", "imagenet_original").url.endswith(file.name)
        fetch_weights("vgg16", "imagenet_original", tmp_path / "w.safetensors", seed=1)
    loaded = load_file(tmp_path / "w.safetensors")
    assert loaded["layers.2.0.weight"].equal(state["features.5.weight"])


def test_random_weights_repeat_with_their_seed(tmp_path):
    for name, seed in {"a": 1, "b": 1, "c": 2}.items():
        fetch_weights("efficientnet_b0", "none", tmp_path / name, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_of_weights_is_taken(tmp_path, state, suffix):
    file = tmp_path / f"mine{suffix}"
    (torch.save if suffix == ".pth" else save_file)(state, file)
    fetch_weights("squeezenet1_1", str(file), tmp_path / "w.safetensors", seed=1)
    loaded = load_file(tmp_path / "w.safetensors")
    assert loaded["layers.0.0.bias"].equal(state["features.0.bias"])


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code of the file was run')",))


@pytest.mark.parametrize("content", [torch.zeros(3), {"a": 1}, [1, 2]])
def test_a_file_of_something_else_than_weights_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"other\.pth is no mapping of names to tensors"):
        fetch_weights("vgg16", str(tmp_path / "other.pth"), tmp_path / "w.safetensors", 1)
    (tmp_path / "text.pth").write_text("not weights at all")
    with pytest.raises(UserError, match=r"text\.pth"):
        fetch_weights("vgg16", str(tmp_path / "text.pth"), tmp_path / "w.safetensors", 1)


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path):
    torch.save({"features.0.weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(UserError, match=r"evil\.pth holds more than weights"):
        fetch_weights("vgg16", str(tmp_path / "evil.pth"), tmp_path / "w.safetensors", seed=1)


def test_a_file_that_is_not_there_or_does_not_fit_is_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no file .*gone\.pth"):
        fetch_weights("vgg16", str(tmp_path / "gone.pth"), tmp_path / "w", seed=1)
    save_file({"features.0.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="does not fit the network vgg16: features"):
        fetch_weights("vgg16", str(tmp_path / "other.safetensors"), tmp_path / "w", seed=1)


@pytest.mark.parametrize(
    ("network", "other"), [("vgg16", "squeezenet1_1"), ("resnet18", "resnet34")]
)
def test_weights_of_another_network_are_told_by_its_name(tmp_path, network, other):
    file = tmp_path / "mine.safetensors"
    save_file(made_up(other), file)
    with pytest.raises(UserError, match=f"fit the network {network}: .* look like .* of {other}$"):
        fetch_weights(network, str(file), tmp_path / "w", seed=1)


@pytest.mark.parametrize("weights", ["imagenet", "none"])
def test_a_network_made_by_its_settings_has_no_weights_to_fetch(tmp_path, weights):
    with pytest.raises(UserError, match=r"there are no weights for cnn.*weights: none"):
        fetch_weights("cnn", weights, tmp_path / "w", seed=1)


def test_a_rehearsal_takes_what_an_earlier_run_has_kept_and_random_weights_else(tmp_path, caplog):
    kept, output = tmp_path / "kept.safetensors", tmp_path / "w.safetensors"
    fetch_weights("squeezenet1_1", "imagenet", output, seed=1, kept=kept)
    assert "stood in for by random weights of squeezenet1_1" in caplog.text
    fetch_weights("squeezenet1_1", "none", kept, seed=1)
    shapes = {name: tensor.shape for name, tensor in load_file(kept).items()}
    assert {name: tensor.shape for name, tensor in load_file(output).items()} == shapes
    fetch_weights("squeezenet1_1", "none", kept, seed=2)
    fetch_weights("squeezenet1_1", "imagenet", output, seed=1, kept=kept)
    assert output.read_bytes() == kept.read_bytes()


def test_weights_of_another_network_are_no_stand_in(tmp_path):
    kept, output = tmp_path / "squeezenet1_1-imagenet.safetensors", tmp_path / "w.safetensors"
    for damage in ("another", "no weights"):
        if damage == "another":
            fetch_weights("resnet18", "none", kept, seed=1)
        else:
            kept.write_bytes(b"<html>")
        told = rf"{kept} is not the weights of squeezenet1_1 .*remove the file"
        with pytest.raises(UserError, match=told):
            fetch_weights("squeezenet1_1", "imagenet", output, seed=1, kept=kept)
        assert not output.exists()
