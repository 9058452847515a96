import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import ValidationError

from synthmix.config.load import Configuration, load
from synthmix.config.locate import Schema, settle_unions
from synthmix.config.models import PER_DATASET, Study
from synthmix.config.schema import study_schema
from synthmix.errors import UserError


@pytest.fixture
def settings() -> dict[str, Any]:
    """A valid study as its file gives it, with a demo section."""
    return {
        "title": "Mammograms",
        "positive_class": "cancer",
        "datasets": {
            "films": {
                "source": "image_folder",
                "path": "data/films",
                "classes": {"normal": ["N"], "benign": ["B"], "cancer": ["C"]},
            }
        },
        "prepare": {"image_size": 64},
        "test_sample": {
            "images": 60,
            "class_shares": {"normal": 0.5, "benign": 0.25, "cancer": 0.25},
        },
        "generators": {"small": {"model": "dcgan", "epochs": 100}},
        "mixes": {
            "train_images": 200,
            "validation": "mixed",
            "validation_images": 40,
            "class_shares": [{"normal": 0.5, "benign": 0.25, "cancer": 0.25}],
            "validation_class_shares": {"normal": 0.5, "benign": 0.25, "cancer": 0.25},
            "real_shares": [0.05, 0.5],
        },
        "controls": {"copies": False},
        "classifiers": {"vgg": {"network": "vgg16", "unfrozen_layers": 3}},
        "demo": {"prepare": {"image_size": 32}},
    }


class Project:
    """A folder with study files, and the way to load what lies in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, settings: Mapping[str, Any] | str, file: str = "studies/s.yaml") -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = settings if isinstance(settings, str) else yaml.safe_dump(settings, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, **config: Any) -> Configuration:
        return load({"studies": ["s"], "scale": "paper"} | config, self.root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="session")
def editors() -> Draft7Validator:
    """What editors check a study file with."""
    return Draft7Validator(study_schema())


@cache
def _schema() -> Schema:
    return Study.model_json_schema()


def _has_wrong_shape(settings: Mapping[str, Any]) -> bool:
    """Return whether the models refuse a study, its demo section aside, without a check of ours.

    One that extends another may lack what that has.
    """
    if "extends" in settings:
        return False
    own = {key: value for key, value in settings.items() if key not in ("demo", PER_DATASET)}
    try:
        Study.model_validate_json(json.dumps(own, default=str), strict=True)
    except ValidationError as error:
        return any(
            found["type"] != "value_error"
            # to JSON schemas 200.0 is a whole number
            and not (isinstance(found["input"], float) and found["input"].is_integer())
            for found in settle_unions(error.errors(), _schema())
        )
    return False


@pytest.fixture
def mistakes(project: Project, editors: Draft7Validator) -> Callable[..., list[str]]:
    """Return the lines that a configuration is refused with, without the headline.

    What the models refuse for its shape, the schema must refuse too.
    """

    def refuse(settings: Mapping[str, Any] | str | None = None, **config: Any) -> list[str]:
        if settings is not None:
            project.write(settings)
        with pytest.raises(UserError) as refused:
            project.load(**config)
        if isinstance(settings, Mapping) and _has_wrong_shape(settings):
            assert not editors.is_valid(settings)
        headline, *lines = str(refused.value).splitlines()
        noun = "mistake" if len(lines) == 1 else "mistakes"
        assert headline == f"{len(lines)} {noun} in the configuration:"
        assert all(line.startswith("- ") for line in lines)
        return [line.removeprefix("- ") for line in lines]

    return refuse
