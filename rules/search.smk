"""Choosing settings in stages, among candidates that are trained and judged like anything else."""

from synthmix.search.judges import judge_module
from synthmix.search.resolve import candidates, choices
from synthmix.search.scores import is_loss, score_names

SEARCH = DATASET + "/searches/{kind}/{name}"


wildcard_constraints:
    kind="generators|classifiers",
    name="[A-Za-z0-9_]+",
    stage="[0-9]+",


def search_asked(wildcards):
    """Return the search for settings of a generator or a classifier."""
    key = (*key_of(wildcards), wildcards.kind, wildcards.name)
    if key not in SEARCHES:
        raise WorkflowError(f"{wildcards.study} searches no settings of {wildcards.name}")
    return SEARCHES[key]


def stages_asked(wildcards):
    """Return the numbers of the stages of a search, from 1."""
    return list(range(1, search_asked(wildcards).stage_count + 1))


def candidates_asked(wildcards):
    """Return what sets each candidate of a stage apart, by its name."""
    if int(wildcards.stage) not in stages_asked(wildcards):
        raise WorkflowError(f"the search of {wildcards.name} has no stage {wildcards.stage}")
    return candidates(wildcards.name, search_asked(wildcards), int(wildcards.stage))


def choices_asked(wildcards):
    """Return what each candidate of a stage is chosen with besides what earlier stages chose."""
    entries = getattr(study_of(wildcards), wildcards.kind)
    return choices(wildcards.name, entries, int(wildcards.stage))


def choice_file(wildcards, kind, trained):
    """Return the file of what a search has chosen for a training, if it waits for that."""
    if trained.chosen_in is None:
        return []
    name, stage = trained.chosen_in
    return rules.choose_candidate.output.best.format(
        study=wildcards.study, dataset=wildcards.dataset, kind=kind, name=name, stage=stage
    )


def chosen_before(wildcards):
    """Return the file of what the stage before has chosen, if there is one."""
    stage = int(wildcards.stage) - 1
    return (SEARCH + f"/stage{stage}.json").format(**wildcards) if stage else []


def adoptable(wildcards):
    """Return the candidates of the last stage of the search for a generator's settings."""
    trained = generator_training_of(wildcards)
    search = SEARCHES[*key_of(wildcards), "generators", trained.origin]
    return list(candidates(trained.origin, search, trained.stages))


def judge_of(wildcards):
    """Return by which files candidates are judged."""
    if wildcards.kind == "classifiers":
        return "predictions"
    return "losses" if is_loss(search_asked(wildcards).score) else "scores"


def score_of(wildcards):
    """Return the score that candidates are compared by, as the files call it."""
    score = search_asked(wildcards).score
    if judge_of(wildcards) == "scores":
        return score_names(scores_of(wildcards).features)[score]
    return score


def judged(wildcards):
    """Return the files that candidates are judged by, all of one and then of the next."""
    kind = judge_of(wildcards)
    if kind == "predictions":
        return candidates_predictions(wildcards, "validation")
    if kind == "scores":
        return of_candidates(wildcards, rules.score_generator.output.scores)
    scopes = scopes_of(study_of(wildcards).generators[wildcards.name], classes_of(wildcards))
    return of_candidates(wildcards, rules.train_generator.output.history, scope=scopes)


def of_candidates(wildcards, pattern, **more):
    """Return `pattern` for each candidate of a stage that is a generator, in their order."""
    return expand(pattern, **{**wildcards, "generator": list(candidates_asked(wildcards)), **more})


def candidates_predictions(wildcards, part):
    """Return what the candidates of a stage that are classifiers say of their images of a `part`.

    They are trained on the first baseline: real images, of the first seed and fold.
    """
    return expand(
        rules.predict.output[part],
        **{**wildcards, "classifier": list(candidates_asked(wildcards))},
        mix=next(mix.name for mix in mixes_of(wildcards).values() if mix.is_baseline),
        seed=MASTER_SEED,
        fold=folds_of(wildcards)[0],
    )


def scorer_of(wildcards):
    """Return how the predictions of candidates are scored; {} where these are generators."""
    if wildcards.kind == "generators":
        return {}
    study = study_of(wildcards)
    return {
        "classes": classes_of(wildcards),
        "positive_class": study.positive_class,
        "bootstrap_samples": study.evaluation.bootstrap_samples,
        "confidence": study.evaluation.confidence,
        "seed": MASTER_SEED,
    }


def tested_of_stages(wildcards):
    """Return what all candidates that are classifiers say of test images, stage by stage."""
    if wildcards.kind == "generators":
        return []
    return of_stages(lambda one: candidates_predictions(one, "test"))(wildcards)


def of_stages(find):
    """Return an input function: what `find` gives for each stage of a search, in their order."""
    return lambda wildcards: [
        found
        for stage in stages_asked(wildcards)
        for found in find(named(wildcards, stage=str(stage)))
    ]


def study_searches(study, dataset):
    """Return (kind, name) of every search of a study's data set."""
    taken = classifiers_for(study, dataset)
    return [
        (kind, name)
        for *key, kind, name in SEARCHES
        if key == [study, dataset] and (kind == "generators" or name in taken)
    ]


def searches_shown(study, dataset):
    """Return what the report shows of every search, by the fields of `Search`."""
    return [
        {
            "kind": kind,
            "name": name,
            "tables": expand(rules.choose_candidate.output.table, **names),
            "figures": expand(rules.plot_search.output[0], **names),
        }
        for kind, name in study_searches(study, dataset)
        for stages in [SEARCHES[study, dataset, kind, name].stage_count]
        for names in [
            {
                **{"study": study, "dataset": dataset, "kind": kind, "name": name},
                "stage": range(1, stages + 1),
            }
        ]
    ]


def search_files(study, dataset):
    """Return the tables and figures of all searches of a data set."""
    return [
        file
        for search in searches_shown(study, dataset)
        for names in [{"study": study, "dataset": dataset} | search]
        for file in (
            rules.tabulate_search.output.table.format(**names),
            rules.tabulate_search.output.markdown.format(**names),
            *search["figures"],
        )
    ]


rule choose_candidate:
    input:
        judged=judged,
        chosen_before=chosen_before,
    output:
        table=SEARCH + "/stage{stage}.csv",
        best=SEARCH + "/stage{stage}.json",
    log:
        LOGS + "/choose_candidate/{kind}-{name}-stage{stage}.log",
    benchmark:
        BENCHMARKS + "/choose_candidate/{kind}-{name}-stage{stage}.tsv"
    params:
        place=lambda wildcards: f"{wildcards.kind}.{wildcards.name}.search",
        candidates=candidates_asked,
        choices=choices_asked,
        score=score_of,
        judge=judge_of,
        about=scorer_of,
        code=code("choose_candidate", lambda wildcards: judge_module(judge_of(wildcards))),
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
            for candidate in adoptable(wildcards)
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
        candidates=adoptable,
        code=code("adopt_generator"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    wildcard_constraints:
        study=f"(?={ADOPTED}){STUDY_NAME}",
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Taking the best candidate for {wildcards.generator} on {wildcards.scope}"
    script:
        "../scripts/adopt_generator.py"


rule plot_search:
    input:
        rules.choose_candidate.output.table,
    output:
        DATASET + "/figures/search-{kind}-{name}-stage{stage}.svg",
    log:
        LOGS + "/plot_search/{kind}-{name}-stage{stage}.log",
    benchmark:
        BENCHMARKS + "/plot_search/{kind}-{name}-stage{stage}.tsv"
    params:
        stages=stages_asked,
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_search"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing stage {wildcards.stage} of the search for settings of {wildcards.name}"
    script:
        "../scripts/plot_search.py"


rule tabulate_search:
    input:
        stages=lambda wildcards: expand(
            rules.choose_candidate.output.table, **wildcards, stage=stages_asked(wildcards)
        ),
        predictions=tested_of_stages,
    output:
        table=SEARCH + "/candidates.csv",
        markdown=SEARCH + "/candidates.md",
    log:
        LOGS + "/tabulate_search/{kind}-{name}.log",
    benchmark:
        BENCHMARKS + "/tabulate_search/{kind}-{name}.tsv"
    params:
        candidates=of_stages(candidates_asked),
        scorer=scorer_of,
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
