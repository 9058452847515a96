"""Asking for downloads at servers of our own, in place of those that have the data sets."""

import json
from collections import namedtuple

import pytest
import torchvision

from http_server import running_server
from synthmix.acquire import download, kaggle
from synthmix.classify import fetch_weights
from synthmix.datasets import brain_tumor, isic
from synthmix.datasets.isic import Isic
from synthmix.errors import UserError
from synthmix.estimate import check_downloads as module
from synthmix.estimate.check_downloads import MOST_ASKED, check_downloads
from synthmix.networks.published import Published
from synthmix.score import fetch_score_weights

NOWHERE = "http://127.0.0.1:9"  # nobody listens there
Usage = namedtuple("Usage", "total used free")
MNIST = {"mnist": ("mnist", {})}


@pytest.fixture
def server():
    with running_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _servers(server, monkeypatch, tmp_path):
    """Put the server in place of all others, and the user's home into a folder of its own."""
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setattr(download, "FIRST_PAUSE_S", 0)
    monkeypatch.setattr(brain_tumor, "API", server.address)
    monkeypatch.setattr(isic, "API", server.address)
    monkeypatch.setattr(kaggle, "API", server.address)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [f"{server.address}/m/"])
    resources = [("a.gz", "0" * 32), ("b.gz", "0" * 32)]
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources)
    server.files |= {"/m/a.gz": bytes(1000), "/m/b.gz": bytes(500)}


@pytest.fixture
def weights(server, monkeypatch):
    """Serve the weights of two networks and of FID."""
    for network in ("vgg16", "resnet18"):
        published = Published(lambda: None, f"{server.address}/{network}-0.pth", ())
        model = fetch_weights.load_classifier(network)
        monkeypatch.setitem(model.PUBLISHED, network, published)
        server.files[f"/{network}-0.pth"] = bytes(2000)
    monkeypatch.setattr(
        fetch_score_weights.inception, "FID_WEIGHTS_URL", f"{server.address}/fid-0.pth"
    )
    server.files["/fid-0.pth"] = bytes(3000)


def figshare(server, count=1, size=700):
    files = [
        {
            "name": f"{number}.zip",
            "size": 700,
            "download_url": f"{server.address}/files/{number}",
            "computed_md5": "0" * 32,
        }
        for number in range(count)
    ]
    server.files["/articles/1512427"] = json.dumps({"files": files}).encode()
    server.files |= {f"/files/{number}": bytes(size) for number in range(count)}


def rows(text):
    """Return the answer of each line of the table by what is asked for."""
    lines = text.partition("---\n")[2].partition("On disk:")[0].splitlines()
    return {line.split()[0]: " ".join(line.split()[-3:]) for line in lines}


def refused(*arguments):
    with pytest.raises(UserError) as caught:
        check_downloads(*arguments)
    text = str(caught.value)
    assert text.startswith("this would fail:")
    assert text.endswith("Nothing was downloaded.")
    return text


def test_sizes_and_addresses_of_all_that_is_needed(server, weights, tmp_path):
    figshare(server, count=2)
    sets = MNIST | {"brain_tumor": ("brain_tumor", {}), "mine": ("image_folder", {"path": "x"})}
    text = check_downloads(sets, {"vgg16-imagenet": "vgg16"}, [tmp_path / "fid.pth"], tmp_path)

    assert set(rows(text).values()) == {"can be had"}
    assert list(rows(text)) == ["mnist", "brain_tumor", "vgg16-imagenet", "fid.pth"]
    assert text.count(server.address.removeprefix("http://")) == 4
    # what is known of them, archives unpacked: 0.07 and 1.8 GB; the weights are small
    assert "On disk: about 1.9 GB;" in text
    assert "Your own or drawn, with nothing to download: 1 data sets." in text
    assert not any(tmp_path.iterdir())
    assert [headers["Range"] for headers in server.asked("/files/1")] == ["bytes=0-"]


def test_nothing_is_asked_where_nothing_is_downloaded(server, tmp_path):
    drawn = {"mnist-1": ("mnist", {"embedded": {}}), "mine": ("image_folder", {"path": "x"})}
    text = check_downloads(drawn, {}, [], tmp_path)
    assert text == "Your own or drawn, with nothing to download: 2 data sets."
    assert check_downloads({}, {}, [], tmp_path) == "Nothing is to be downloaded."
    assert not server.requests


def test_what_is_there_is_not_asked_for(server, weights, tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "mnist.zip").write_bytes(b"PK\5\6" + bytes(18))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "vgg16-imagenet.safetensors").touch()
    text = check_downloads(MNIST, {"vgg16-imagenet": "vgg16"}, [], tmp_path)
    assert text.count("there already") == 2
    assert not server.requests


def test_addresses_that_have_changed(server, weights, tmp_path):
    del server.files["/m/b.gz"]
    del server.files["/vgg16-0.pth"]
    networks = {"vgg16-imagenet": "vgg16", "resnet18-imagenet": "resnet18"}
    text = refused(MNIST, networks, [], tmp_path)
    assert f"- mnist: {server.address}/m/b.gz: the server answered 404" in text
    assert f"- vgg16-imagenet: {server.address}/vgg16-0.pth: the server answered 404" in text
    assert "resnet18-imagenet" not in text.partition("\n- ")[2]


def test_the_next_mirror_will_do(server, tmp_path, monkeypatch):
    mirrors = [f"{server.address}/gone/", f"{server.address}/m/"]
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", mirrors)
    assert "would fail" not in check_downloads(MNIST, {}, [], tmp_path)


def test_a_file_of_another_size_than_its_source_says(server, tmp_path):
    figshare(server, size=699)
    text = refused({"brain_tumor": ("brain_tumor", {})}, {}, [], tmp_path)
    assert "has 699 bytes, and the list of its source says 700" in text


def test_a_list_that_is_none_any_more(server, tmp_path):
    server.files["/articles/1512427"] = b"{}"
    text = refused({"brain_tumor": ("brain_tumor", {})}, {}, [], tmp_path)
    assert "figshare's answer does not list files the way it used to" in text


def test_a_host_that_does_not_answer_is_named_once(server, weights, tmp_path, monkeypatch):
    monkeypatch.setattr(brain_tumor, "API", NOWHERE)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [f"{NOWHERE}/"])
    sets = MNIST | {"brain_tumor": ("brain_tumor", {})}
    text = refused(sets, {"vgg16-imagenet": "vgg16"}, [], tmp_path)
    assert text.count("does not answer:") == 1
    assert "- 127.0.0.1 does not answer: mnist, brain_tumor" in text
    assert rows(text)["vgg16-imagenet"].endswith("can be had")


def test_a_server_that_fails_for_a_moment_is_asked_again(server, tmp_path):
    server.failures["/m/a.gz"] = [503]
    assert "can be had" in check_downloads(MNIST, {}, [], tmp_path)
    server.failures["/m/a.gz"] = [503] * 9
    assert "2 attempts failed" in refused(MNIST, {}, [], tmp_path)


class TestKaggle:
    SETS = {name: (name, {}) for name in ("mini_ddsm", "retina")}  # noqa: RUF012
    ADDRESS = "/datasets/download/cheddad/miniddsm2"

    def test_without_credentials_nothing_is_asked(self, server, tmp_path):
        text = refused(self.SETS, {}, [], tmp_path)
        assert "cheddad/miniddsm2 is to be downloaded from Kaggle" in text
        assert "andrewmvd/retinal-disease-classification is to be" in text
        assert text.count("Kaggle asks for credentials") == 1
        assert not server.requests

    def test_damaged_credentials_stop_nothing_else(self, server, tmp_path):
        (tmp_path / "kaggle.json").write_text("{")
        text = refused(MNIST | self.SETS, {}, [], tmp_path)
        assert "kaggle.json" in text
        assert text.count("Kaggle asks for credentials") == 1
        assert rows(text)["mnist"] == "can be had"

    def test_credentials_are_tried(self, server, tmp_path, monkeypatch):
        monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
        monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: Usage(0, 0, 10**12))
        sets = {"mini_ddsm": ("mini_ddsm", {})}
        server.files[self.ADDRESS] = bytes(100)
        assert "can be had" in check_downloads(sets, {}, [], tmp_path)
        assert server.asked(self.ADDRESS)[0]["Authorization"] == "Bearer token"
        server.failures[self.ADDRESS] = [403]
        text = refused(sets, {}, [], tmp_path)
        assert "the server refused access (403" in text
        assert "whether the terms of the data set must be accepted" in text


def test_a_full_disk(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: Usage(0, 0, 60_000_000))
    text = refused(MNIST, {}, [], tmp_path / "not" / "there")
    assert "0.1 GB are needed and 0.1 GB are free: make room, or set data_dir" in text


def test_collections_are_counted_by_their_first_pages(server, tmp_path, monkeypatch):
    monkeypatch.setattr(Isic, "collections", ("A", "B"))
    monkeypatch.setattr(Isic, "small_collections", ())
    entries = [{"id": number, "name": name} for number, name in enumerate("AB")]
    listed = {"results": entries, "count": 2, "next": None}
    server.files["/collections/?limit=100"] = json.dumps(listed).encode()
    for number, (count, size) in enumerate(((10, 4_000_000_000), (5, 2_000_000_000))):
        picture = f"/pictures/{number}.jpg"
        image = {
            "isic_id": f"I{number}",
            "files": {"full": {"url": f"{server.address}{picture}", "size": size}},
            "metadata": {},
        }
        page = {"results": [image] * 2, "count": count, "next": "further"}
        server.files[f"/images/search/?collections={number}&limit=100"] = json.dumps(page).encode()
        server.files[picture] = b"image"
    sets = {"isic": ("isic", {})}
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: Usage(0, 0, 10**12))
    text = check_downloads(sets, {}, [], tmp_path)
    line = next(line for line in text.splitlines() if line.startswith("isic"))
    assert line.split()[2:5] == ["15", "50.00", "50.00"]
    del server.files["/pictures/1.jpg"]
    assert f"{server.address}/pictures/1.jpg: the server answered 404" in refused(
        sets, {}, [], tmp_path
    )


def test_of_many_files_some_are_asked_for_from_the_first_to_the_last(server, tmp_path):
    figshare(server, count=3 * MOST_ASKED)
    check_downloads({"brain_tumor": ("brain_tumor", {})}, {}, [], tmp_path)
    asked = [path for path, _ in server.requests if path.startswith("/files/")]
    assert len(asked) == len(set(asked)) == MOST_ASKED
    assert {"/files/0", f"/files/{3 * MOST_ASKED - 1}"} <= set(asked)
