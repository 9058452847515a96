"""What all jobs have in common: what they run, take of a machine, and leave of themselves."""

from synthmix.runtime.digest import code_digest

# under --sdm conda another file reruns all
ENVIRONMENT = f"../envs/{'gpu' if GPUS else 'cpu'}.yaml"
# where logs and benchmarks of what is of no data set lie
OF_THE_RUN = {"logs": f"{RESULTS}/logs", "benchmarks": f"{RESULTS}/benchmarks"}


def places_in(folder):
    """Return the pathvars by which logs and benchmarks lie below a `folder` with wildcards."""
    known = with_constraints(folder)
    return {"logs": f"{known}/logs", "benchmarks": f"{known}/benchmarks"}


# and of what is of one way to deal the patients out
OF_A_DEAL = places_in(DEALT)


def runs(script, modules_of=None):
    """Return two parameters: the name of a script, and a digest of the code behind it.

    `modules_of` names the registered modules that a job uses, given its wildcards. Found when a
    job asks: every job of a cluster reads these files anew, and needs one of the digests.
    """

    def code(wildcards):
        return code_digest(script, *(modules_of(wildcards) if modules_of else []))

    return {"script": script, "code": code}


def in_rehearsal(**params):
    """Return parameters that jobs of a rehearsal alone have."""
    return params if PLAN.is_rehearsal else {}


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


# by the names of Snakemake; rules of other places have their own
pathvars:
    **places_in(DATASET),


# What all rules have in common. An heir says what it `runs`, and by the pathvar `job` what its log
# and its benchmark are called: the rule, and the wildcards that tell its jobs apart. Light work
# needs no other resources.
rule job:
    log:
        "<logs>/<job>.log",
    benchmark:
        "<benchmarks>/<job>.tsv"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(30),
    pathvars:
        job="job",
    conda:
        ENVIRONMENT
    script:
        "../scripts/{params.script}.py"
