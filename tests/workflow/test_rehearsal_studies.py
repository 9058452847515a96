"""The five studies as published are rehearsed whole, with smaller images and networks."""

import pandas as pd
import pytest
import yaml

from synthmix.rehearse.page import FAILED, WAITED
from synthmix.store import read_table
from workflow_project import STUDIES, Project

MOST_MB = 16 * 1024  # that any job may hold
HEAVY = {"train_generator", "sample_generator", "train_classifier", "predict"}
# the most of each setting that decides how large a job is: what it is beyond has no code of its own
MOST = {
    "image_size": 32,
    "input_size": 32,
    "working_size": 32,
    "start_size": 8,
    "batch_size": 8,
    "autoencoder_batch_size": 8,
    "filters": 4,
    "max_filters": 16,
    "base_channels": 8,
    "discriminator_channels": 8,
    "channel_base": 512,
    "channel_max": 32,
    "hidden_width": 8,
    "latent_dim": 32,
    "dense_layers": 64,
    "volume_shape": 64,  # of seven levels, each half as large
}
# networks that need more of an image: six levels of a CNN; Inception-v3
MOST_OF = {
    "mri_qc": {"image_size": 64},
    "transfer_learning": {"image_size": 80, "input_size": 80},
}


def smaller(settings, most):
    """Return settings with none beyond `most`, each candidate of a search once."""
    if not isinstance(settings, dict):
        if isinstance(settings, list):
            return [smaller(one, most) for one in settings]
        return settings
    return {name: capped(name, value, most) for name, value in settings.items()}


def capped(name, value, most):
    """Return the value of a setting, or the values of a grid, with none beyond the most."""
    if name not in most:
        return smaller(value, most)
    if not isinstance(value, list):
        return value if value is None else min(value, most[name])
    values = [min(one, most[name]) for one in value]
    is_one_value = name in ("dense_layers", "volume_shape")
    return values if is_one_value else list(dict.fromkeys(values))


@pytest.mark.full
@pytest.mark.parametrize("name", STUDIES)
def test_each_job_of_a_study_as_published_runs_in_short(name, tmp_path):
    study = f"{name}_as_published"
    project = Project.copy(tmp_path / "synthmix", study)
    file = project.folder / "studies" / f"{study}.yaml"
    settings = smaller(yaml.safe_load(file.read_text()), MOST | MOST_OF.get(name, {}))
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    # how much room the full run leaves on this machine is another question
    rule, on_disk = "rules/rehearse.smk", "        rules.check_disk.output[0],\n"
    (project.folder / rule).write_text((project.folder / rule).read_text().replace(on_disk, ""))
    asked = project.planned(scale="rehearsal")
    assert "check_disk" not in asked

    run = project.run("--retries", "0", scale="rehearsal", rehearsal_memory_gb=6)

    found = read_table(project.folder / "results/rehearsal/rehearsal.csv")
    stopped = found[found["kind"].isin([FAILED, WAITED])]
    assert run.returncode == 0, stopped.to_string()
    assert stopped.empty, stopped.to_string()
    assert project.planned(scale="rehearsal") == {}
    jobs = read_table(project.folder / "results/rehearsal/rehearsal_jobs.csv")
    assert set(jobs.loc[jobs["rehearsed"] > 0, "rule"]) >= set(asked) & HEAVY
    benchmarks = (project.folder / "results").rglob("benchmarks/**/*.tsv")
    held = {file.name: most_held(file) for file in benchmarks if "gpu" not in file.name}
    assert held
    assert max(held.values()) < MOST_MB, max(held, key=held.get)


def most_held(file):
    """Return the most memory in MB that a job held, as Snakemake saw it; 0 if it did not."""
    held = pd.to_numeric(pd.read_csv(file, sep="\t")["max_rss"], errors="coerce")
    return float(held.fillna(0).max())
