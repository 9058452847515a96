"""The configuration, where files lie, and what the rules ask about a study."""

import json
import re
import sys
from hashlib import sha256
from itertools import takewhile
from math import prod

sys.path.insert(0, f"{workflow.basedir}/scripts")

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

from synthmix.acquire.fetch_dataset import require_ready
from synthmix.config.load import load
from synthmix.runtime.digest import code_digest
from synthmix.errors import UserError
from synthmix.files import expanded
from synthmix.runtime.killed_runs import jobs_run_elsewhere, take_over
from synthmix.scopes import ALL_CLASSES
from synthmix.runtime.leases import visible_cards
from synthmix.classify.networks.facts import FACTS
from synthmix.classify.networks.plan import (
    backbone_name,
    frozen_settings,
    training_mb,
    weights_name,
)
from synthmix.prepare.settings import FoldSplit, InputPipeline
from synthmix.mix.plan import pool_size
from synthmix.registry import CLASSIFIERS, dataset_module, generator_module, load_dataset
from synthmix.runtime.trackers import require_tracker
from synthmix.results_layout import mark, mark_new, of_earlier_version, told
from synthmix.search.candidates import candidates, search_of, trained_generators
from synthmix.sweep.resolve import all_trained, possible_settings, trained_otherwise


def studies_of_jobs():
    """Return the studies that this process is of, where it is some jobs of a run; None otherwise.

    Each job of a cluster reads all this anew, and most need nothing of the other studies.
    """
    option = "--target-jobs"
    if workflow.is_main_process or option not in sys.argv:
        return None
    rest = sys.argv[sys.argv.index(option) + 1 :]
    jobs = list(takewhile(lambda word: not word.startswith("--"), rest))
    studies = [re.search(r"[:,]study=(\w+)", job) for job in jobs]
    return {study[1] for study in studies} if all(studies) else None


if workflow.is_main_process and take_over(".snakemake"):
    print("synthmix: a run was killed here, and its lock is removed", file=sys.stderr)

try:
    CONFIGURATION = load(config, Path(workflow.basedir), needed=studies_of_jobs())
    # under --sdm conda jobs have another environment than this one
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        require_tracker(CONFIGURATION.workflow.tracker)
except UserError as error:
    raise WorkflowError(str(error)) from None

# said here where that is possible: from within a rule the message comes with a traceback
NEED_OTHERS = {"fetch_all", "index_all", "all_studies"}
NEED_OTHERS |= {file.stem for file in Path(workflow.basedir).glob("studies/*.yaml")}
if CONFIGURATION.others_wrong and (NEED_OTHERS - CONFIGURATION.studies.keys()) & set(sys.argv):
    raise WorkflowError(CONFIGURATION.others_wrong)

# jobs read device, threads, checkpoint interval and tracker here: a change reruns nothing
config.update(CONFIGURATION.workflow.model_dump())

# those that are asked for, and all that there are: any file of any study may be made
ASKED_STUDIES = CONFIGURATION.studies
STUDIES = CONFIGURATION.studies | CONFIGURATION.others
# every study as each of its data sets has it, by both names
VIEWS = CONFIGURATION.views
ASKED = [key for key in VIEWS if key[0] in ASKED_STUDIES]
SCALE = CONFIGURATION.workflow.scale
DEMO = SCALE == "demo"
SEEDS = CONFIGURATION.workflow.seeds
MASTER_SEED = SEEDS[0]
TRAINING_THREADS = CONFIGURATION.workflow.training_threads
# decided from the configuration: the machine that submits a job may have no GPU
GPUS = 0 if CONFIGURATION.workflow.device == "cpu" else 1
# jobs on this machine take turns on its GPUs unless --resources says otherwise; those that go to
# nodes, at most so many, are the scheduler's to place
here = workflow.is_main_process and workflow.resource_settings.nodes is None
if GPUS and here and "gpu" not in workflow.global_resources and (cards := visible_cards()):
    workflow.register_resource("gpu", len(cards))

DATA = CONFIGURATION.workflow.data_dir
RESULTS = f"results/{SCALE}"
STUDY = RESULTS + "/{study}"
DATASET = STUDY + "/{dataset}"
LOGS = DATASET + "/logs"
BENCHMARKS = DATASET + "/benchmarks"
# under --sdm conda another file reruns all
ENVIRONMENT = f"../envs/{'gpu' if GPUS else 'cpu'}.yaml"
STUDY_NAME = "[A-Za-z0-9_]+"


wildcard_constraints:
    study=STUDY_NAME,
    dataset="[A-Za-z0-9_]+",
    generator="[A-Za-z0-9_]+",
    selection="[A-Za-z0-9_]+",
    backbone="[A-Za-z0-9_-]+",
    classifier="[A-Za-z0-9_]+",
    label="[A-Za-z0-9_]+",
    scope="[A-Za-z0-9_]+",
    mix="[A-Za-z0-9_.-]+?",
    store="real|[A-Za-z0-9_]+/[A-Za-z0-9_]+",
    seed="[0-9]+",
    fold=r"(?:\.fold[0-9]+)?",
    stage="[0-9]+",


def text_digest(text):
    """Return eight hexadecimal digits that stand for `text` in a file name."""
    return sha256(text.encode()).hexdigest()[:8]


def raw_name(dataset):
    """Return the folder of a data set's raw files; data sets of several studies may share it."""
    raw = dataset.raw_settings()
    suffix = f"-{text_digest(json.dumps(raw, sort_keys=True))}" if raw else ""
    return f"{dataset.source}{suffix}"


def raw_state(dataset):
    """Return what tells the raw files of a data set from changed ones."""
    name = raw_name(dataset)
    if name not in RAW_STATES:
        RAW_STATES[name] = dataset.raw_state(dataset.raw_settings())
    return RAW_STATES[name]


def dataset_state(dataset):
    """Return what tells all the files that a data set is made from, from changed ones."""
    return f"{raw_state(dataset)} {dataset.extra_state()}"


RAW = {raw_name(view.datasets[name]): view.datasets[name] for (_, name), view in VIEWS.items()}
# filled by raw_state: a folder of many files takes a while to look through
RAW_STATES = {}

# what is compared, by study and data set; a study may end before that
MIXES = {
    key: {mix.name: mix for mix in view.plan()} for key, view in VIEWS.items() if view.classifiers
}

# the classifiers and the candidates of their sweeps, by study and data set and name
TRAINED = {key: all_trained(view.classifiers) for key, view in VIEWS.items()}

# all generators that are trained, so: the candidates of searches too, which are in no mix
GENERATORS = {key: trained_generators(view.generators) for key, view in VIEWS.items()}

# the searches, by study, data set and name of the generator
SEARCHES = {
    (*key, name): search_of(generator)
    for key, view in VIEWS.items()
    for name, generator in view.generators.items()
    if search_of(generator)
}

# whose candidate each is: {(study, data set): {candidate: generator}}
CANDIDATES = {
    key: {
        candidate: name
        for name, generator in view.generators.items()
        if search_of(generator)
        for candidate in candidates(name, generator)
    }
    for key, view in VIEWS.items()
}

# matches the beginning of a path below RESULTS in the folder of a generator that is not trained:
# the best candidate is used as it is
ADOPTED = "(?:{})/".format(
    "|".join(
        f"{study}/{dataset}/generators/{name}"
        for (study, dataset, name), search in SEARCHES.items()
        if search.epochs is None
    )
    or "(?!)"
)


def key_of(wildcards):
    return wildcards.study, wildcards.dataset


def study_of(wildcards):
    """Return the study as its data set has it."""
    return VIEWS[key_of(wildcards)]


def dataset_of(wildcards):
    return study_of(wildcards).datasets[wildcards.dataset]


def leakage_of(wildcards):
    """Return whether test images may be seen in training, which is said wherever it matters."""
    return study_of(wildcards).leakage


def prepare_of(wildcards):
    return study_of(wildcards).prepare_of(wildcards.dataset)


def every_dataset():
    """Return (study, data set) for all the studies of the project; stops where one is wrong."""
    if CONFIGURATION.others_wrong:
        raise WorkflowError(CONFIGURATION.others_wrong)
    return list(VIEWS)


def generator_of(wildcards):
    return GENERATORS[key_of(wildcards)][wildcards.generator]


def selection_of(wildcards):
    return study_of(wildcards).selections[wildcards.selection]


def training_of(wildcards):
    """Return what a classifier, or a candidate of its sweep, is trained with on a mix."""
    return trained_on(key_of(wildcards), wildcards.classifier, wildcards.get("mix"))


def trainings_on(key):
    """Return a mix for each way to train of a study's data set."""
    return {mix.training: mix.name for mix in MIXES[key].values()}.values()


def trained_on(key, classifier, mix):
    """Return what a classifier of a study's data set is trained with on a mix."""
    trained = TRAINED[key][classifier]
    training = MIXES[key][mix].training if mix else None
    if training is None:
        return trained
    return trained_otherwise(trained, VIEWS[key].baselines[training].given())


def classifiers_for(study, dataset):
    """Return the names of a study's classifiers that take a data set: its volumes or pictures."""
    key = (study, dataset)
    volumes = VIEWS[key].prepare_of(dataset).volume_shape is not None
    return [
        name
        for name in VIEWS[key].classifiers
        if FACTS[TRAINED[key][name].base["network"]].volumes == volumes
    ]


def classifiers_of(wildcards):
    return classifiers_for(wildcards.study, wildcards.dataset)


def folds_of(wildcards):
    """Return the folds that are tested on in turn, as file names tell them apart."""
    split = study_of(wildcards).split_of(wildcards.dataset)
    if isinstance(split, FoldSplit) and split.cross_validate:
        return [f".fold{number}" for number in range(1, split.folds + 1)]
    return [""]


def mixes_of(wildcards):
    """Return the mixes of a study's data set by name, in the order of its tables."""
    return MIXES[key_of(wildcards)]


def first_baseline(wildcards):
    """Return the first mix of real images alone of a study's data set."""
    return next(mix.name for mix in mixes_of(wildcards).values() if mix.is_baseline)


def mix_of(wildcards):
    return mixes_of(wildcards)[wildcards.mix]


def classes_of(wildcards):
    return list(dataset_of(wildcards).class_names())


def settings(find):
    """Return a rule parameter: the settings that `find` gives for a job, as plain values."""
    return lambda wildcards: find(wildcards).model_dump(mode="json")


def code(rule, module_of=None):
    """Return a rule parameter: a digest of the code behind the rule.

    `module_of` names the registered module that a job uses, given its wildcards. Found when a job
    asks: every job of a cluster reads these files anew, and needs one of the digests.
    """
    return lambda wildcards: code_digest(rule, *([module_of(wildcards)] if module_of else []))


def memory(base_mb, array_bytes=lambda wildcards: 0, devices_of=lambda wildcards: 1):
    """Return mem_mb: what the libraries take and the arrays a job holds; more at each retry.

    On each of its devices a training takes as much.
    """

    def mem_mb(wildcards, attempt):
        each = base_mb + array_bytes(wildcards) / 2**20
        return int(devices_of(wildcards) * each * (1 + 0.5 * (attempt - 1)))

    return mem_mb


def one_node(devices_of):
    """Return nodes: 1 for a training on several devices, which SLURM may find on as many nodes."""
    return lambda wildcards: 1 if devices_of(wildcards) > 1 else None


def minutes(base, work=lambda wildcards: 0):
    """Return runtime: a base and the minutes of `work`; more at each retry, as far as allowed."""

    def runtime(wildcards, attempt):
        asked = int(base + work(wildcards)) * attempt
        return min(asked, CONFIGURATION.workflow.longest_runtime or asked)

    return runtime


def image_bytes(wildcards):
    prepare = prepare_of(wildcards)
    if prepare.volume_shape:
        return 2 * prod(prepare.volume_shape)  # float16
    return prepare.image_size**2 * prepare.channels
