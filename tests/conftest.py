from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Small tensors are faster on one thread, and results don't depend on the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def paper_mammography():
    """The mammography study at paper scale."""
    from synthmix.config.load import load

    return load({"studies": ["mammography"], "scale": "paper"}, ROOT).studies["mammography"]
