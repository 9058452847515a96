"""Choosing settings in stages, among candidates that are trained and judged like anything else."""

from synthmix.plan import generate, repeats, search


def judged(wildcards):
    """Return the files that candidates are judged by, all of one and then of the next.

    Classifiers are by the validation images: those trained on the first baseline, which has real
    images alone, of the first seed. All are of the split, and the fold, that is searched in.
    """
    files = {
        "predictions": candidates_predictions("validation"),
        "scores": candidates_scores,
        "losses": candidates_histories,
    }
    return files[of(search.judge)(wildcards)](wildcards)


# of the candidates for a generator, all models of one and then of the next
candidates_histories = files_of(
    rules.train_generator.output.history,
    generator=search.candidate_names,
    scope=lambda view, name: generate.scopes(view, name),
    training="",
)
candidates_scores = files_of(
    rules.score_generator.output.scores, generator=search.candidate_names, training=""
)


def candidates_predictions(part):
    """Return an input function: what candidates of a stage say of their images of a `part`."""
    return files_of(
        rules.predict.output[part],
        classifier=search.candidate_names,
        mix=lambda view: view.baseline,
        training="",
        seed=MASTER_SEED,
    )


def search_files(view):
    """Return the tables of all searches of a data set, in each split and fold."""
    return [
        pattern.format(
            study=view.study, dataset=view.dataset, kind=kind, name=name, **deal._asdict()
        )
        for deal in repeats.deals(view)
        for kind, name in search.all_searched(view)
        for pattern in rules.tabulate_search.output
    ]


use rule job as choose_candidate with:
    input:
        judged=judged,
        chosen_before=file_of(SEARCH + "/stage{before}.json", before=search.before),
    output:
        table=SEARCH + "/stage{stage}.csv",
        best=SEARCH + "/stage{stage}.json",
    params:
        **runs("choose_candidate", of(search.judge_modules)),
        place=lambda wildcards: f"{wildcards.kind}.{wildcards.name}.search",
        candidates=of(search.candidates),
        choices=of(search.choices),
        score=of(search.score),
        judge=of(search.judge),
        about=of(search.scorer),
    pathvars:
        **OF_A_DEAL,
        job="choose_candidate/{kind}-{name}-stage{stage}",
    localrule: True
    message:
        "Choosing the settings of {wildcards.name} for"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share},"
        " stage {wildcards.stage}"


use rule job as adopt_generator with:
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
    params:
        **runs("adopt_generator"),
        candidates=of(search.adoptable),
    pathvars:
        **OF_A_DEAL,
        job="adopt_generator/{generator}{training}-{scope}",
    wildcard_constraints:
        study=f"(?={PLAN.adopted}){STUDY_NAME}",
    localrule: True
    message:
        "Taking the best candidate for {wildcards.generator} on {wildcards.scope} of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share}"


use rule job as tabulate_search with:
    input:
        stages=files_of(rules.choose_candidate.output.table, stage=search.stages),
        predictions=files_of(
            rules.predict.output.test,
            classifier=search.tested,
            mix=lambda view: view.baseline,
            training="",
            seed=MASTER_SEED,
        ),
    output:
        table=SEARCH + "/candidates.csv",
        markdown=SEARCH + "/candidates.md",
    params:
        **runs("tabulate_search"),
        candidates=of(search.all_candidates),
        scorer=of(search.scorer),
        adopted=of(search.adopted),
        leakage=leakage_of,
    pathvars:
        **OF_A_DEAL,
        job="tabulate_search/{kind}-{name}",
    message:
        "Writing the table of the search for settings of {wildcards.name} for"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share}"
