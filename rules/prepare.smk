"""From raw files to a store of equal images, split by patient."""

from synthmix.plan import acquire, learning_curve, prepare

larger_image_bytes = of(prepare.larger_image_bytes)
# the split that all else of it goes by: where folds are tested on in turn, that of the fold
SPLIT = DEALT + "/split.csv"
OF_A_FOLD = DATASET + "{split}{fold}"
fetched_of = file_of(rules.fetch_dataset.output[0], raw=acquire.raw_name)


def of_every_dataset(*patterns):
    """Return a rule input: the files of `patterns` for every data set of the project."""
    return lambda wildcards: [
        pattern.format(study=view.study, dataset=view.dataset, split="")
        for view in every_view()
        for pattern in patterns
    ]


def every_view():
    with messages():
        return PLAN.every_view()


use rule job as index_dataset with:
    input:
        fetched=fetched_of,
    output:
        index=DATASET + "/index.csv",
        passed_over=DATASET + "/passed_over.csv",
    params:
        **runs("index_dataset", of(prepare.modules)),
        settings=of(lambda view: view.data.index_settings()),
        state=of(acquire.data_state),
    pathvars:
        job="index_dataset",
    message:
        "Listing the images of {wildcards.dataset}"


use rule job as tabulate_census with:
    input:
        fetched=fetched_of,
        index=rules.index_dataset.output.index,  # so that both are made anew together
    output:
        images=DATASET + "/census.csv",
        table=DATASET + "/tables/census.csv",
    params:
        **runs("tabulate_census", of(prepare.modules)),
        settings=of(lambda view: view.data.index_settings()),
        state=of(acquire.data_state),
    resources:
        mem_mb=memory(1000),
        runtime=minutes(60),
    pathvars:
        job="tabulate_census",
    message:
        "Counting what the metadata says of {wildcards.dataset}"


use rule job as prepare_images with:
    input:
        fetched=fetched_of,
        index=rules.index_dataset.output.index,
        passed_over=rules.index_dataset.output.passed_over,
    output:
        images=DATASET + "/stores/real.npy",
        table=DATASET + "/stores/real.csv",
        rejected=DATASET + "/rejected.csv",
        limits=DATASET + "/stores/real_limits.json",
    params:
        **runs("prepare_images", of(prepare.modules)),
        **in_rehearsal(few=of(prepare.few)),
        source=of(lambda view: view.data.source),
        settings=settings_of(lambda view: view.prepare),
        state=of(acquire.data_state),
    threads: 4
    resources:
        mem_mb=memory(
            1500,
            lambda wildcards: 256 * image_bytes(wildcards) + larger_image_bytes(wildcards),
        ),
        runtime=minutes(120),
    pathvars:
        job="prepare_images",
    message:
        "Preparing the images of {wildcards.dataset}"


use rule job as find_duplicates with:
    input:
        images=rules.prepare_images.output.images,
        table=rules.prepare_images.output.table,
    output:
        DATASET + "/near_duplicates.csv",
    params:
        **runs("find_duplicates"),
    threads: 4
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    pathvars:
        job="find_duplicates",
    message:
        "Looking for near-duplicates in {wildcards.dataset}"


use rule job as split_samples with:
    input:
        table=rules.prepare_images.output.table,
        near=file_of(rules.find_duplicates.output[0], when=prepare.looks_for_near_duplicates),
        first=file_of(DATASET + "/split.csv", when=prepare.keeps_test),
    output:
        split=DATASET + "{split}/split.csv",
        duplicates=DATASET + "{split}/duplicates.csv",
    params:
        **runs("split_samples"),
        split=settings_of(lambda view: view.split),
        subsample=of(prepare.subsample),
        test_sample=of(prepare.test_sample),
        leakage=leakage_of,
        near_duplicates=of(prepare.near_duplicates),
        seed=seed_of,
    pathvars:
        **places_in(DATASET + "{split}"),
        job="split_samples",
    message:
        "Splitting {wildcards.dataset}{wildcards.split}"


use rule job as take_fold with:
    input:
        rules.split_samples.output.split,
    output:
        OF_A_FOLD + "/split.csv",
    params:
        **runs("take_fold"),
    pathvars:
        **places_in(OF_A_FOLD),
        job="take_fold",
    wildcard_constraints:
        fold=ANY_FOLD.removesuffix("?"),
    localrule: True
    message:
        "Splitting {wildcards.dataset}{wildcards.split} to test on {wildcards.fold}"


use rule job as take_share with:
    input:
        file_of(SPLIT, share=""),
    output:
        SPLIT,
    params:
        **runs("take_share"),
        share=of(learning_curve.share),
        seed=seed_of,
    pathvars:
        **OF_A_DEAL,
        job="take_share",
    wildcard_constraints:
        share=ANY_SHARE.removesuffix("?"),
    localrule: True
    message:
        "Taking {wildcards.share} of the training patients of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}"


use rule job as tabulate_datasets with:
    input:
        splits=of_every_dataset(rules.split_samples.output.split),
        rejected=of_every_dataset(rules.prepare_images.output.rejected),
        duplicates=of_every_dataset(rules.split_samples.output.duplicates),
    output:
        table=f"{RESULTS}/datasets.csv",
        markdown=f"{RESULTS}/datasets.md",
    params:
        **runs("tabulate_datasets"),
        datasets=lambda wildcards: [(view.study, view.dataset) for view in every_view()],
        published=lambda wildcards: [view.data.published_images for view in every_view()],
        scale=SCALE,
    pathvars:
        **OF_THE_RUN,
        job="tabulate_datasets",
    message:
        "Counting the images of every data set"


use rule job as plot_datasets with:
    input:
        table=rules.tabulate_datasets.output.table,
        datasets=of_every_dataset(
            rules.prepare_images.output.images, rules.split_samples.output.split
        ),
    output:
        output=f"{RESULTS}/datasets.png",
    params:
        **runs("plot_figure", lambda wildcards: ["synthmix.figures.plot_datasets"]),
        datasets=lambda wildcards: [(view.study, view.dataset) for view in every_view()],
        scale=SCALE,
    pathvars:
        **OF_THE_RUN,
        job="plot_datasets",
    message:
        "Drawing images of every data set"
