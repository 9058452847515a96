"""Choosing the settings of a generator among candidates, each trained and scored like any other."""

from synthmix.plan import generate
from synthmix.search.candidates import candidates, search_of
from synthmix.search.scores import is_loss, score_names

SEARCH = DATASET + "/searches/{generator}"


def searched_generator(wildcards):
    """Return a generator as its study gives it, with its search."""
    if not of(generate.is_searched)(wildcards):
        raise WorkflowError(f"{wildcards.study} searches no settings of {wildcards.generator}")
    return study_of(wildcards).generators[wildcards.generator]


def candidates_of(wildcards):
    """Return what sets each candidate of a searched generator apart, by its name."""
    return candidates(wildcards.generator, searched_generator(wildcards))


def search_score(wildcards):
    """Return the score that candidates are compared by, as tables and histories call it."""
    score = search_of(searched_generator(wildcards)).score
    return score if is_loss(score) else score_names(scores_of(wildcards).features)[score]


def of_candidates(pattern, **more):
    """Return an input function: `pattern` for each candidate, in their order."""
    return lambda wildcards: expand(
        pattern, **{**wildcards, "generator": list(candidates_of(wildcards)), **more}
    )


def compared(wildcards):
    """Return the tables that candidates are compared by, all of one and then of the next."""
    if not is_loss(search_score(wildcards)):
        return of_candidates(rules.score_generator.output.scores)(wildcards)
    scopes = of(generate.scopes)(wildcards)
    return of_candidates(rules.train_generator.output.history, scope=scopes)(wildcards)


rule choose_generator:
    input:
        compared,
    output:
        table=SEARCH + "/search.csv",
        best=SEARCH + "/best.json",
    log:
        LOGS + "/choose_generator/{generator}.log",
    benchmark:
        BENCHMARKS + "/choose_generator/{generator}.tsv"
    params:
        generator=lambda wildcards: wildcards.generator,
        candidates=candidates_of,
        score=search_score,
        code=code("choose_generator"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Choosing the settings of {wildcards.generator}"
    script:
        "../scripts/choose_generator.py"


rule adopt_generator:
    input:
        best=rules.choose_generator.output.best,
        files=lambda wildcards: [
            file
            for candidate in candidates_of(wildcards)
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
        candidates=lambda wildcards: list(candidates_of(wildcards)),
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
