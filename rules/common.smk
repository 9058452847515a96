"""The plan of the run, and how rules ask it."""

import re
from contextlib import contextmanager

from snakemake.settings.types import DeploymentMethod

from synthmix.config.paths import braces_in
from synthmix.errors import UserError
from synthmix.results_layout import mark, mark_new, of_earlier_version, told
from synthmix.runtime.interpreter import quote_python
from synthmix.runtime.killed_runs import jobs_run_elsewhere, take_over
from synthmix.runtime.leases import visible_cards
from synthmix.runtime.memory_free import bound_for
from synthmix.runtime.trackers import require_tracker


@contextmanager
def messages():
    """Have Snakemake say what a user did wrong, without a traceback where that is possible."""
    try:
        yield
    except UserError as error:
        raise WorkflowError(str(error)) from None


if problem := braces_in(str(workflow.basedir)):
    raise WorkflowError(f"the folder of the project: {problem}")

PYTHON = sys.executable
quote_python()

if workflow.is_main_process and take_over(".snakemake"):
    print("synthmix: a run was killed here, and its lock is removed", file=sys.stderr)

try:
    # they load all that the registry names: what is wrong with that is a message too
    from synthmix.config.arguments import as_written
    from synthmix.config.load import load
    from synthmix.plan.ask import ask, ask_for_file, ask_for_files
    from synthmix.plan.jobs import studies_of_jobs
    from synthmix.plan import repeats
    from synthmix.plan.plan import Plan
    from synthmix.repeats import ANY_FOLD, ANY_SHARE, ANY_SPLIT, ANY_TRAINING

    # each job on a node reads all this anew, and most need nothing of the other studies
    needed = None if workflow.is_main_process else studies_of_jobs(sys.argv)
    written = as_written(config, workflow.config_settings.config_args)
    CONFIGURATION = load(written, Path(workflow.basedir), needed=needed)
    # under --sdm conda jobs have another environment than this one
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        require_tracker(CONFIGURATION.workflow.tracker)
except UserError as error:
    raise WorkflowError(str(error)) from None

# said here where that is possible: from within a rule the message comes with a traceback
if ({"index_all", "all_studies", "paper_tables"} | CONFIGURATION.wrong_names) & set(sys.argv):
    if CONFIGURATION.others_wrong:
        raise WorkflowError(CONFIGURATION.others_wrong)

# jobs read device, threads, checkpoint interval and tracker here: a change reruns nothing
config.update(CONFIGURATION.workflow.model_dump(exclude={"repeats"}))  # given in part, maybe

PLAN = Plan.of(CONFIGURATION)
if workflow.is_main_process and "paper_tables" in sys.argv and not PLAN.as_published:
    raise WorkflowError(
        "paper_tables: no study of the project is held against its source, as those in"
        " studies/ are that are called <study>_as_published"
    )
SCALE = PLAN.scale
MASTER_SEED = PLAN.master_seed
TRAINING_THREADS = CONFIGURATION.workflow.training_threads
if SCALE == "rehearsal":
    config["rehearsal_memory_gb"] = bound_for(
        CONFIGURATION.workflow.rehearsal_memory_gb, (workflow.cores or 1) // TRAINING_THREADS
    )
# decided from the configuration: the machine that submits a job may have no GPU
GPUS = 0 if CONFIGURATION.workflow.device == "cpu" else 1
# jobs on this machine take turns on its GPUs unless --resources says otherwise; those that go to
# nodes, at most so many, are the scheduler's to place
here = workflow.is_main_process and workflow.resource_settings.nodes is None
if GPUS and here and "gpu" not in workflow.global_resources and (cards := visible_cards()):
    workflow.register_resource("gpu", len(cards))

DATA = PLAN.data
RESULTS = PLAN.results
DATASET = RESULTS + "/{study}/{dataset}"
# what depends on how the patients are dealt out: on the split, on the fold of it tested on, and on
# the share of the others that is trained on
DEALT = DATASET + "{split}{fold}{share}"
# the first of all repeats, which figures and exports are of
FIRST = {"split": "", "fold": repeats.first_fold, "share": "", "training": ""}
STUDY_NAME = "[A-Za-z0-9_]+"


# what each wildcard may be
WILDCARDS = {
    "study": STUDY_NAME,
    "dataset": "[A-Za-z0-9_]+",
    "generator": "[A-Za-z0-9_]+",
    "selection": "[A-Za-z0-9_]+",
    "backbone": "[A-Za-z0-9_-]+",
    "classifier": "[A-Za-z0-9_]+",
    "scope": "[A-Za-z0-9_]+",
    "mix": "[A-Za-z0-9_.-]+?",
    "store": f"real|[A-Za-z0-9_]+{ANY_TRAINING}/[A-Za-z0-9_]+",
    "seed": "[0-9]+",
    "split": ANY_SPLIT,
    "fold": ANY_FOLD,
    "share": ANY_SHARE,
    "training": ANY_TRAINING,
    "kind": "generators|classifiers",
    "name": "[A-Za-z0-9_]+",
    "stage": "[0-9]+",
}


wildcard_constraints:
    **WILDCARDS,


def with_constraints(pattern):
    """Return `pattern` with what its wildcards may be, as Snakemake writes it.

    By itself it knows that of outputs alone. It looks among the names of logs and benchmarks too
    for each file of a run, where several wildcards side by side would take longer than all else.
    """
    return re.sub(r"{(\w+)}", lambda found: f"{{{found[1]},{WILDCARDS[found[1]]}}}", pattern)


def answer(find):
    """Return a function of a job's wildcards: what `find` makes of its view and of them."""

    def found(wildcards):
        with messages():
            view = PLAN.view(wildcards.study, wildcards.dataset)
            return find(view, dict(wildcards.items()))

    return found


def of(question):
    """Return a parameter: the answer to a question of `synthmix.plan`.

    A question is a function of a view, which is the job's, and of the wildcards that it names.
    """
    return answer(lambda view, wildcards: ask(question, view, wildcards))


def settings_of(question):
    """Return a parameter: the settings that are the answer to a question, as plain values."""
    return answer(lambda view, wildcards: ask(question, view, wildcards).model_dump(mode="json"))


def files_of(pattern, things=None, **values):
    """Return an input function: `pattern` for all that the answers to questions name."""
    return answer(lambda *job: ask_for_files(pattern, *job, things, **values))


def file_of(pattern, thing=None, when=None, **values):
    """Return an input function: `pattern` for what the answers to questions name, if they do.

    There is no file where the answer to `when` is no.
    """
    return answer(lambda *job: ask_for_file(pattern, *job, thing, when, **values))


classes_of = of(lambda view: view.classes)
leakage_of = of(lambda view: view.leakage)
positive_class_of = of(lambda view: view.settings.positive_class)
folds_of = of(lambda view: view.folds)
seed_of = of(repeats.seed)
classifiers_of = of(lambda view: view.classifiers)
image_bytes = of(lambda view: view.image_bytes)
