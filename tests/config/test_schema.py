import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from synthmix.config.schema import schema_files, study_schema, workflow_schema

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture(scope="module")
def study():
    return Draft7Validator(study_schema())


@pytest.mark.parametrize("name", ["study.schema.json", "config.schema.json"])
def test_the_files_are_current(name):
    assert (STUDIES / name).read_text(encoding="utf-8") == schema_files()[name], (
        f"studies/{name} is out of date; regenerate it with "
        "PYTHONPATH=scripts python -m synthmix.config.schema"
    )


@pytest.mark.parametrize("text", schema_files().values())
def test_the_schemas_are_schemas(text):
    schema = json.loads(text)

    Draft7Validator.check_schema(schema)
    assert schema["$schema"]
    assert schema["title"]


def test_a_valid_study(study, settings):
    study.validate(settings)


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("mixes", {"real_shares": [95]}),
        ("mixes", {"real_share": [0.5]}),
        ("mixes", {"train_images": "200"}),
        ("prepare", {"channels": 2}),
        ("generators", {"small": {"model": "dcgan"}}),
        ("generators", {"big-one": {"model": "dcgan", "epochs": 1}}),
        ("datasets", {"films": {"source": "elsewhere"}}),
        ("demo", {"mixes": {"real_share": [0.5]}}),
        ("demo", {"mixes": {"real_shares": [95]}}),
        ("demo", {"generators": {"small": {"epoch": 3}}}),
        ("demo", {"datasets": {"films": {"source": "image_folder"}}}),
        ("demo", {"demo": {}}),
    ],
)
def test_a_wrong_study(study, settings, section, change):
    settings[section] = settings[section] | change

    assert not study.is_valid(settings)


def test_a_study_that_lacks_a_section(study, settings):
    del settings["datasets"]

    assert not study.is_valid(settings)


def test_everything_in_demo_is_optional(study, settings):
    settings["demo"] = {
        "mixes": {"real_shares": [0.5], "validation_class_shares": {"cancer": 0.3}},
        "generators": {"small": {"epochs": 3}},
        "test_sample": {"images": 20},
        "evaluation": {},
    }

    study.validate(settings)


def test_the_configuration():
    config = Draft7Validator(workflow_schema())

    assert config.is_valid({"studies": ["mammography"], "scale": "demo"})
    assert config.is_valid({"studies": "mammography", "scale": "demo", "seeds": 3})
    assert not config.is_valid({"studies": ["mammography"], "scale": "full"})
    assert not config.is_valid({"studies": ["mammography"], "scale": "demo", "seed": 1})
