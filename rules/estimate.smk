"""What a run will cost, before it starts. Not part of `all`: it plans the jobs of `all` itself."""

import time


use rule job as estimate with:
    output:
        table=f"{RESULTS}/estimate.csv",
        markdown=f"{RESULTS}/estimate.md",
    params:
        **runs("estimate"),
        # the Python that runs Snakemake, which the environment of a job may lack
        python=PYTHON,
        snakefile=workflow.main_snakefile,
        studies=PLAN.studies,
        published=lambda wildcards: {
            "/".join(key): dict(view.data.published_images) for key, view in PLAN.views.items()
        },
        cores=lambda wildcards: workflow.cores,
        gpus=lambda wildcards: workflow.global_resources.get("gpu").value,
        # whatever else is as it was: what has been done since counts
        asked_at=time.time(),
    pathvars:
        **OF_THE_RUN,
        job="estimate",
    localrule: True
    message:
        "Estimating what the run will cost; nothing else is run"
