"""A graph of jobs made by hand, for the tests of estimates."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from synthmix.classify.settings import Classifier
from synthmix.estimate.jobs import Graph, Job
from synthmix.estimate.sizes import Sizes
from synthmix.generate.models.dcgan.settings import Settings as Dcgan
from synthmix.mix.plan import Mix
from synthmix.score.settings import ScoreSettings

DATASET = {"study": "s", "dataset": "d"}
INDEX = {"source": "mini_ddsm", "classes": {"cancer": ["Cancer"], "normal": ["Normal"]}}
SHARES = {"cancer": 0.5, "normal": 0.5}
MIX = Mix("m", "dcgan", SHARES, SHARES, 0.1, 80, 40, "repeat")


def job(rule, params=None, needs=(), **fields):
    """Return a job that is to be done and that nothing was measured of."""
    given = {
        "number": 0,
        "rule": rule,
        "wildcards": DATASET,
        "params": params or {},
        "threads": 1,
        "mem_mb": 1000,
        "gpus": 0,
        "to_do": True,
        "unchanged": True,
        "benchmark": None,
        "log": None,
        "outputs": (),
        "needs": tuple(needs),
    }
    return Job(**{**given, **fields})


def graph(*jobs):
    """Return the graph of jobs whose `needs` are places among `jobs`."""
    return Graph(tuple(replace(each, number=number) for number, each in enumerate(jobs)))


def chain(*needs):
    """Return a graph of as many jobs, each with the numbers of those it needs."""
    return graph(*(job("r", needs=each) for each in needs))


def study(epochs=10, size=32, split=None, network="vgg16", **changes):
    """Return the sizes of a study: a DCGAN of one class, a mix of its images, a classifier."""
    prepare = {"image_size": size, "volume_shape": None, "channels": 1}
    dcgan = Dcgan(model="dcgan", epochs=epochs, base_channels=8, batch_size=8)
    settings = {"network": network, "weights": "none", "input_size": 32, "unfrozen_layers": 1}
    classifier = Classifier(**{**settings, "epochs": 30, "patience": 9, **changes})
    split = split or {"split": {"method": "shares", "train": 0.5, "validation": 0.3, "test": 0.2}}
    pool = {**DATASET, "generator": "dcgan", "scope": "cancer"}
    jobs = (
        job("index_dataset", {"settings": INDEX}),
        job("prepare_images", {"settings": prepare, "source": "mini_ddsm"}, [0]),
        job("split_samples", split, [1], outputs=("split.csv",)),
        job(
            "train_generator",
            {
                "base": dcgan.model_dump(mode="json"),
                "own": {},
                "classes": ["cancer"],
                "features": None,
            },
            [2],
        ),
        job(
            "sample_generator",
            {"model": "dcgan", "images": {"cancer": 100}, "fill_to": None, "additions": []},
            [3],
            wildcards=pool,
        ),
        job(
            "compose_mix",
            {"mix": MIX.to_dict()},
            [4],
            wildcards={**DATASET, "mix": "m"},
            outputs=("mixes/m.csv",),
        ),
        job(
            "train_classifier",
            {"base": classifier.model_dump(mode="json"), "own": {}},
            [5],
            wildcards={**DATASET, "mix": "m", "classifier": "c"},
            outputs=("weights.safetensors", "history.csv"),
        ),
        job("predict", {}, [5, 6], wildcards={**DATASET, "mix": "m", "classifier": "c"}),
        job("score_real", {"settings": ScoreSettings().model_dump(mode="json")}, [2]),
    )
    return Sizes(graph(*jobs), {"s/d": {"cancer": 120, "normal": 80}})


BASELINE = Mix("real_only", None, None, None, 1.0, None, None, "fail")


def with_baseline(sizes, mix, equal_steps, baseline=BASELINE):
    """Return sizes whose training is on `mix` and knows of its baseline, which was trained on."""
    composed, trained = of_rule(sizes, "compose_mix"), of_rule(sizes, "train_classifier")
    names = {"wildcards": {**DATASET, "mix": baseline.name, "classifier": "c"}}
    first = len(sizes.graph.jobs)
    jobs = list(sizes.graph.jobs)
    jobs[composed.number] = replace(composed, params={"mix": mix.to_dict()})
    jobs[trained.number] = replace(
        trained,
        params={**trained.params, "equal_steps": equal_steps},
        needs=(*trained.needs, first, first + 1),
    )
    jobs.append(job("compose_mix", {"mix": baseline.to_dict()}, [2], outputs=("r.csv",), **names))
    own = {**trained.params, "equal_steps": equal_steps}
    jobs.append(job("train_classifier", own, [first], outputs=("r.safetensors",), **names))
    return replace(sizes, graph=graph(*jobs))


def altered(sizes, rule=None, **fields):
    """Return sizes with these fields of the jobs of a rule, or of all of them."""
    jobs = (
        replace(each, **fields) if rule in (None, each.rule) else each for each in sizes.graph.jobs
    )
    return replace(sizes, graph=Graph(tuple(jobs)))


def of_rule(sizes, rule):
    """Return the only job of a rule."""
    (found,) = (each for each in sizes.graph.jobs if each.rule == rule)
    return found


def told(seconds=0.5, images=8, taken=3, **fields):
    """Return what a job tells of its steps."""
    step = {
        "images": images,
        "first_seconds": 9.0,
        "steady_steps": taken - 1,
        "steady_seconds": seconds,
        "sometimes": {},
        "seconds": seconds,
    }
    whole = {"steps": {"step": step}, "parts": 1, "peak_ram_mb": 900.0, "gpu": None}
    return {**whole, "peak_gpu_mb": None, **fields}


def measured_training(sizes, seconds, steps):
    """Return sizes whose training of a generator has left files in the current folder.

    They are a benchmark of so many seconds, what it told of its `steps`, and 5000 bytes of weights.
    """
    Path("weights").write_bytes(bytes(5000))
    table = pd.DataFrame({"s": [seconds], "max_rss": [700.0]})
    table.to_csv("b.tsv", sep="\t", index=False)
    Path("b.steps.json").write_text(json.dumps(steps))
    return altered(sizes, "train_generator", benchmark="b.tsv", outputs=("weights",))
