"""What a run will cost and whether it finds its data, before it starts.

Not part of `all`, whose jobs `estimate` plans itself.
"""

import time

from synthmix.networks.plan import is_downloaded


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


use rule job as check_downloads with:
    output:
        f"{RESULTS}/downloads.txt",
    params:
        **runs("check_downloads"),
        datasets=lambda wildcards: {
            name: (data.source, data.raw_settings()) for name, data in PLAN.asked_raw.items()
        },
        networks=lambda wildcards: {
            name: settings["network"]
            for name, settings in PLAN.asked_weights.items()
            if is_downloaded(settings)
        },
        score_weights=lambda wildcards: PLAN.score_weights,
        folder=DATA,
        # servers and disks change
        asked_at=time.time(),
    pathvars:
        **OF_THE_RUN,
        job="check_downloads",
    localrule: True
    message:
        "Asking whether what is to be downloaded can be had; nothing is downloaded"
