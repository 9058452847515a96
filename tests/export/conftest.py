from pathlib import Path

import pytest

from tiny_generators import names_of, train_tiny


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Return a function: the file of a tiny trained generator of a kind, made once."""
    folder, made = tmp_path_factory.mktemp("weights"), {}

    def file(model: str, channels: int = 1) -> Path:
        if (model, channels) not in made:
            path = folder / f"{model}{channels}" / "weights.safetensors"
            generator = train_tiny(model, channels=channels)
            generator.save(path, names_of(generator))
            made[model, channels] = path
        return made[model, channels]

    return file
