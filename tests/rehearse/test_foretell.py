"""What the full run takes, from its graph and what the rehearsal of it has left."""

import pytest

from estimate_graphs import altered, graph, job, measured_training, study, told
from synthmix.rehearse.foretell import COLUMNS, foretell, studies_of

NAMED = {"study": "s", "dataset": "d", "generator": "dcgan", "scope": "cancer"}


@pytest.fixture
def foretold(tmp_path, monkeypatch):
    """A function that foretells the run of a study of ten epochs, of which two were rehearsed."""
    monkeypatch.chdir(tmp_path)

    def write(seconds=21.5, full=None, **fields):
        full = altered(full or study(epochs=10), "train_generator", wildcards=NAMED)
        short = altered(study(epochs=2), "train_generator", wildcards=NAMED)
        short = measured_training(short, seconds, told(**fields))
        graphs = {"paper": full.graph, "rehearsal": short.graph}
        config = {"device": "cpu", "scale": "rehearsal"}
        return foretell(lambda asked: graphs[asked["scale"]], config, ["s"], full.published)

    return write


def training(found):
    return found.kinds.set_index("rule").loc["train_generator"]


def test_a_row_says_how_often_how_long_and_how_much(foretold):
    found = foretold()
    row = training(found)
    assert list(found.kinds.columns) == COLUMNS
    assert (row["study"], row["dataset"], row["kind"]) == ("s", "d", "dcgan")
    assert (row["jobs"], row["rehearsed"], row["device"], row["parts"]) == (1, 1, "cpu", 1)
    assert (row["steps"], row["step_seconds"], row["start_seconds"]) == (70, 0.5, 20)
    assert row["seconds"] == 20 + 70 * 0.5
    assert (row["ram_mb"], row["mem_mb"], row["disk_mb"]) == (900, 1000, 0.005)
    assert not row["stops_early"]


def test_what_was_not_rehearsed_is_counted_as_unknown(foretold):
    row = foretold().kinds.set_index("rule").loc["predict"]
    assert (row["jobs"], row["rehearsed"], row["unknown"], row["seconds"]) == (1, 0, 1, 0)


def test_all_epochs_of_a_training_that_may_stop_early_are_taken(foretold):
    sizes = study(epochs=10)
    trained = next(each for each in sizes.graph.jobs if each.rule == "train_generator")
    snapshots = {"every": 2, "images": 4, "patience": 1, "keep": "best"}
    params = {**trained.params, "network": "own", "base": {**trained.params["base"]}}
    params["base"]["snapshots"] = snapshots
    step = told()["steps"]["step"]
    steps = {"step": step, "features": {**step, "seconds": 0.0}, "distance": step}
    found = foretold(full=altered(sizes, "train_generator", params=params), steps=steps)
    row = training(found)
    assert row["stops_early"]
    assert row["steps"] == 70


def test_a_job_beyond_what_it_is_granted_is_told_with_the_setting(foretold):
    assert foretold().tight == []
    ((study_name, rule, name, message),) = foretold(peak_ram_mb=1700.0).tight
    assert (study_name, rule) == ("s", "train_generator")
    assert name == "dataset=d, generator=dcgan"
    assert "held 1.7 GB of memory" in message
    assert "--set-resources train_generator:mem_mb=2500" in message


def test_a_batch_that_went_in_parts_is_told_with_the_setting(foretold):
    ((*_, message),) = foretold(parts=4).tight
    assert message.startswith("generators.dcgan.batch_size: a batch of 8 does not fit")
    assert "accumulation_steps: 4" in message


def test_what_several_studies_need_is_told_with_one_of_them():
    made = graph(
        job("fetch_dataset", wildcards={"raw": "films"}),
        job("index_dataset", wildcards={"study": "t", "dataset": "d"}, needs=[0]),
        job("index_dataset", wildcards={"study": "s", "dataset": "d"}, needs=[0]),
        job("render_report", wildcards={"page": "report"}, needs=[1, 2]),
        job("index_dataset", wildcards={"study": "t", "dataset": "e"}),
    )
    assert studies_of(made) == {0: "s", 1: "t", 2: "s", 3: "s", 4: "t"}


def test_it_goes_by_the_device_that_was_rehearsed_on(foretold):
    found = foretold(gpu="H200", peak_gpu_mb=3000.0)
    assert (training(found)["device"], training(found)["gpu_mb"]) == ("cuda", 3000)


@pytest.mark.parametrize("candidate", ["dcgan_c031679", "dcgan_c05affe", "dcgan_s2cfedcba"])
def test_a_candidate_of_a_search_is_told_by_what_it_is_for(tmp_path, monkeypatch, candidate):
    monkeypatch.chdir(tmp_path)
    names = NAMED | {"generator": candidate}
    full = altered(study(epochs=10), "train_generator", wildcards=names)
    short = altered(study(epochs=2), "train_generator", wildcards=names)
    short = measured_training(short, 21.5, told(peak_ram_mb=1700.0, parts=4))
    graphs = {"paper": full.graph, "rehearsal": short.graph}
    config = {"device": "cpu", "scale": "rehearsal"}
    found = foretell(lambda asked: graphs[asked["scale"]], config, ["s"], full.published)
    memory, parted = found.tight
    assert memory[2] == parted[2] == "dataset=d, generator=dcgan"
    assert parted[3].startswith("generators.dcgan.batch_size: ")
