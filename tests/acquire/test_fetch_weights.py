import hashlib
import http.server
import threading
from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from synthmix.acquire.fetch_weights import fetch_weights
from synthmix.classifiers import vgg16
from synthmix.errors import UserError


@pytest.fixture(scope="module")
def state():
    """Weights under torchvision's names."""
    torch.manual_seed(0)
    return {f"features.{name}": value for name, value in vgg16.random_weights().items()}


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


def serve(folder, state):
    """Put `state` on the server under a name with its checksum, as torchvision does."""
    torch.save(state, folder / "new.pth")
    checksum = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()[:8]
    return (folder / "new.pth").rename(folder / f"vgg16-{checksum}.pth")


def test_imagenet_weights_are_downloaded_checked_and_kept(tmp_path, monkeypatch, server, state):
    folder, address = server
    file = serve(folder, state | {"classifier.0.bias": torch.zeros(4)})
    monkeypatch.setattr(vgg16, "IMAGENET_URL", f"{address}/{file.name}")
    fetch_weights("vgg16", "imagenet", tmp_path / "w.safetensors", seed=1)
    loaded = load_file(tmp_path / "w.safetensors")
    assert set(loaded) == {name.removeprefix("features.") for name in state}
    assert torch.equal(loaded["0.weight"], state["features.0.weight"])


@pytest.mark.parametrize("damage", ["truncated", "absent"])
def test_a_failed_download_names_the_setting_and_leaves_nothing(
    tmp_path, monkeypatch, server, state, damage
):
    folder, address = server
    file = serve(folder, state)
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    else:
        file.unlink()
    monkeypatch.setattr(vgg16, "IMAGENET_URL", f"{address}/{file.name}")
    with pytest.raises(UserError, match=r"could not be downloaded(.|\n)*weights: none"):
        fetch_weights("vgg16", "imagenet", tmp_path / "w.safetensors", seed=1)
    assert list(tmp_path.iterdir()) == []


def test_torchvisions_address_ends_in_a_checksum():
    assert vgg16.IMAGENET_URL.endswith("vgg16-397923af.pth")


def test_random_weights_repeat_with_their_seed(tmp_path):
    for name, seed in {"a": 1, "b": 1, "c": 2}.items():
        fetch_weights("vgg16", "none", tmp_path / name, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_of_weights_is_taken(tmp_path, state, suffix):
    file = tmp_path / f"mine{suffix}"
    (torch.save if suffix == ".pth" else save_file)(state, file)
    fetch_weights("vgg16", str(file), tmp_path / "w.safetensors", seed=1)
    assert torch.equal(load_file(tmp_path / "w.safetensors")["0.bias"], state["features.0.bias"])


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code of the file was run')",))


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path):
    torch.save({"features.0.weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(UserError, match=r"evil\.pth can't be read as weights"):
        fetch_weights("vgg16", str(tmp_path / "evil.pth"), tmp_path / "w.safetensors", seed=1)


def test_a_file_that_is_not_there_or_does_not_fit_is_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no file .*gone\.pth"):
        fetch_weights("vgg16", str(tmp_path / "gone.pth"), tmp_path / "w", seed=1)
    save_file({"features.0.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="does not fit the network"):
        fetch_weights("vgg16", str(tmp_path / "other.safetensors"), tmp_path / "w", seed=1)
