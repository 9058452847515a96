"""What the source of a study prints, beside what came out here."""

from synthmix.plan import published

curves_of = of(published.curves)


use rule job as compare_published with:
    input:
        published=of(published.file),
        headings=of(published.headings),
        curves=curves_of,
        index=file_of(rules.index_dataset.output[0], when=published.of_images),
        split=file_of(rules.split_samples.output.split, split="", when=published.of_images),
        census=file_of(rules.tabulate_census.output.images, when=published.of_census),
        composition=file_of(rules.tabulate_study.output.mixes, when=published.of_mixes),
        metrics=file_of(rules.tabulate_study.output.metrics, when=published.of_metrics),
        histories=files_of(
            rules.train_classifier.output.history,
            published.histories_as_trained,
        ),
        test=files_of(rules.predict.output.test, published.judged_runs),
        validation=files_of(rules.predict.output.validation, published.judged_runs),
        weights=files_of(
            rules.train_classifier.output.weights,
            published.counted_as_trained,
            seed=MASTER_SEED,
            **FIRST,
        ),
        generator_histories=files_of(
            rules.train_generator.output.history, published.models, **FIRST
        ),
        generator_times=files_of(
            rules.train_generator.output.times, published.timed_models, **FIRST
        ),
        snapshots=files_of(
            rules.train_generator.output.snapshots, published.models_with_snapshots, **FIRST
        ),
        scores=file_of(rules.tabulate_scores.output.scores, when=published.of_scores),
        pipeline=file_of(rules.measure_pipeline.output.table, when=published.of_pipeline),
        planes=files_of(rules.project_images.output[0], generator=published.planes, **FIRST),
        searches=files_of(rules.tabulate_search.output.table, published.searches, **FIRST),
        chosen=files_of(CHOSEN, published.chosen, **FIRST),
    output:
        table=DATASET + "/tables/published.csv",
        markdown=DATASET + "/tables/published.md",
    params:
        **runs("compare_published"),
        there=of(published.there),
        belong_to=of(published.belong_to),
        folds=folds_of,
        settings=of(published.settings),
        networks=of(published.networks),
        confidence=of(lambda view: view.settings.evaluation.confidence),
        leakage=leakage_of,
        protocol=of(published.protocol),
        scale=SCALE,
    pathvars:
        job="compare_published",
    message:
        "Comparing {wildcards.dataset} with the published values"
