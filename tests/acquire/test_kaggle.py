"""Credentials for Kaggle, and what is said without them."""

import base64
import json

import pytest

from http_server import running_server
from synthmix.acquire import kaggle
from synthmix.acquire.download import download_files
from synthmix.errors import UserError

HANDLE = "owner/pictures"
ARCHIVE = b"PK\5\6" + bytes(18)  # an empty one


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch, tmp_path):
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "kaggle"))


def test_without_credentials_the_three_steps_are_told():
    text = kaggle.missing_credentials(HANDLE, "pictures")
    for part in ("1.", "2.", "3.", "kaggle.json", "KAGGLE_USERNAME", "by hand", HANDLE):
        assert part in text


def test_the_environment_or_the_file_is_enough(monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    assert kaggle.missing_credentials(HANDLE, "pictures") is not None
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    assert kaggle.missing_credentials(HANDLE, "pictures") is None
    monkeypatch.delenv("KAGGLE_KEY")
    (tmp_path / "kaggle").mkdir()
    (tmp_path / "kaggle" / "kaggle.json").write_text(json.dumps({"username": "me", "key": "k"}))
    assert kaggle.missing_credentials(HANDLE, "pictures") is None


def test_a_damaged_file_of_credentials_is_named(tmp_path):
    (tmp_path / "kaggle").mkdir()
    (tmp_path / "kaggle" / "kaggle.json").write_text("{")
    with pytest.raises(UserError, match=r"kaggle\.json"):
        kaggle.missing_credentials(HANDLE, "pictures")


def test_the_archive_is_asked_for_with_the_credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    with running_server() as server:
        monkeypatch.setattr(kaggle, "API", server.address)
        server.files["/datasets/download/owner/pictures"] = ARCHIVE
        download_files([kaggle.archive(HANDLE)], tmp_path / "download")
        asked = server.asked("/datasets/download/owner/pictures")[0]["Authorization"]
    assert base64.b64decode(asked.removeprefix("Basic ")) == b"me:secret"
    assert (tmp_path / "download" / "pictures.zip").read_bytes() == ARCHIVE


def test_the_credentials_do_not_go_to_another_host(monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    with running_server() as kaggles, running_server() as storage:
        monkeypatch.setattr(kaggle, "API", kaggles.address)
        elsewhere = storage.address.replace("127.0.0.1", "localhost")
        kaggles.files["/datasets/download/owner/pictures"] = lambda headers: (
            302,
            {"Location": f"{elsewhere}/signed"},
            b"",
        )
        storage.files["/signed"] = ARCHIVE
        download_files([kaggle.archive(HANDLE)], tmp_path / "download")
        assert kaggles.requests[0][1]["Authorization"] == "Bearer token"
        assert "Authorization" not in storage.requests[0][1]
