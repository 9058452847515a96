"""synthmix: will synthetic images help my classifier, which ones, and in what proportion?"""

from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


configfile: Path(workflow.basedir) / "config.yaml"


include: "rules/common.smk"
include: "rules/acquire.smk"
include: "rules/prepare.smk"
include: "rules/generate.smk"
include: "rules/mix.smk"
include: "rules/classify.smk"
include: "rules/evaluate.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        REPORT,
