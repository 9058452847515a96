"""What the tests of data sets that Kaggle keeps have in common."""

import pytest

from http_server import running_server
from synthmix.acquire import kaggle


@pytest.fixture
def kaggle_server(monkeypatch):
    """A server in place of Kaggle's, on which the user has an account."""
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    with running_server() as server:
        monkeypatch.setattr(kaggle, "API", server.address)
        yield server


@pytest.fixture
def _no_kaggle_account(tmp_path, monkeypatch):
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
