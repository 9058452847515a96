"""Choosing settings in stages, among candidates that are trained and judged like anything else."""

from synthmix.plan import evaluate, generate, search


wildcard_constraints:
    kind="generators|classifiers",
    name="[A-Za-z0-9_]+",
    stage="[0-9]+",


def judged(wildcards):
    """Return the files that candidates are judged by, all of one and then of the next.

    Classifiers are by the validation images: those trained on the first baseline, which has real
    images alone, of the first seed and fold.
    """
    files = {
        "predictions": candidates_predictions("validation"),
        "scores": files_of(rules.score_generator.output.scores, generator=search.candidate_names),
        "losses": files_of(
            rules.train_generator.output.history,
            generator=search.candidate_names,
            scope=lambda view, name: generate.scopes(view, name),
        ),
    }
    return files[of(search.judge)(wildcards)](wildcards)


def candidates_predictions(part):
    """Return an input function: what candidates of a stage say of their images of a `part`."""
    return files_of(
        rules.predict.output[part],
        classifier=search.candidate_names,
        mix=lambda view: view.baseline,
        seed=MASTER_SEED,
        fold=evaluate.first_fold,
    )


def search_files(view):
    """Return the tables of all searches of a data set."""
    return [
        pattern.format(study=view.study, dataset=view.dataset, kind=kind, name=name)
        for kind, name in search.all_searched(view)
        for pattern in rules.tabulate_search.output
    ]


rule choose_candidate:
    input:
        judged=judged,
        chosen_before=file_of(SEARCH + "/stage{before}.json", before=search.before),
    output:
        table=SEARCH + "/stage{stage}.csv",
        best=SEARCH + "/stage{stage}.json",
    log:
        LOGS + "/choose_candidate/{kind}-{name}-stage{stage}.log",
    benchmark:
        BENCHMARKS + "/choose_candidate/{kind}-{name}-stage{stage}.tsv"
    params:
        candidates=of(search.candidates),
        choices=of(search.choices),
        score=of(search.score),
        judge=of(search.judge),
        about=of(search.scorer),
        code=code("choose_candidate", of(search.judge_modules)),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Choosing the settings of {wildcards.name}, stage {wildcards.stage}"
    script:
        "../scripts/choose_candidate.py"


rule adopt_generator:
    input:
        best=chosen_of,
        files=lambda wildcards: [
            file
            for candidate in of(search.adoptable)(wildcards)
            for pattern in rules.train_generator.output
            for file in expand(pattern, **{**wildcards, "generator": candidate})
        ],
    output:
        **dict(rules.train_generator.output.items()),
    log:
        LOGS + "/adopt_generator/{generator}-{scope}.log",
    benchmark:
        BENCHMARKS + "/adopt_generator/{generator}-{scope}.tsv"
    params:
        candidates=of(search.adoptable),
        code=code("adopt_generator"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    wildcard_constraints:
        study=f"(?={PLAN.adopted}){STUDY_NAME}",
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Taking the best candidate for {wildcards.generator} on {wildcards.scope}"
    script:
        "../scripts/adopt_generator.py"


rule tabulate_search:
    input:
        stages=files_of(rules.choose_candidate.output.table, stage=search.stages),
        predictions=files_of(
            rules.predict.output.test,
            classifier=search.tested,
            mix=lambda view: view.baseline,
            seed=MASTER_SEED,
            fold=evaluate.first_fold,
        ),
    output:
        table=SEARCH + "/candidates.csv",
        markdown=SEARCH + "/candidates.md",
    log:
        LOGS + "/tabulate_search/{kind}-{name}.log",
    benchmark:
        BENCHMARKS + "/tabulate_search/{kind}-{name}.tsv"
    params:
        candidates=of(search.all_candidates),
        scorer=of(search.scorer),
        leakage=leakage_of,
        code=code("tabulate_search"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Writing the table of the search for settings of {wildcards.name}"
    script:
        "../scripts/tabulate_search.py"
