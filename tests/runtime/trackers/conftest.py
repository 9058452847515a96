import importlib.util
from pathlib import Path

import pytest


@pytest.fixture
def fakes(monkeypatch):
    """The module of stand-ins beside this file, and no settings of trackers from outside."""
    for name in ("WANDB_MODE", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    for name in ("WANDB_ERROR_REPORTING", "MLFLOW_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "set by the test, and put back after it")
    spec = importlib.util.spec_from_file_location("fakes", Path(__file__).parent / "fakes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
