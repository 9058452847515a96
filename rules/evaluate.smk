"""Metrics with their intervals, comparisons and tables, all from the predictions."""

from synthmix.plan import classify, evaluate, learning_curve, mix, repeats

evaluation_of = of(evaluate.settings)
verdict_of = of(evaluate.verdict)
margin_of = of(evaluate.margin)
# by whose images `verdict: auto` decides
first_split = file_of(rules.split_samples.output.split, split="")

# the predictions of all test images: by classifier, mix, split, training, seed and fold
test_predictions = files_of(rules.predict.output.test, repeats.predicted)
repeats_of_mixes = of(repeats.all_plain)


use rule job as score_predictions with:
    input:
        test=files_of(rules.predict.output.test, repeats.scored),
        validation=files_of(rules.predict.output.validation, repeats.scored),
    output:
        metrics=DATASET + "/metrics/{classifier}/{mix}.csv",
        confusion=DATASET + "/metrics/{classifier}/{mix}.confusion.csv",
    params:
        **runs("score_predictions"),
        repeats=of(repeats.plain),
        seed=MASTER_SEED,
        folds=folds_of,
        classes=classes_of,
        positive_class=positive_class_of,
        leakage=of(mix.leakage),
        evaluation=evaluation_of,
    pathvars:
        job="score_predictions/{classifier}/{mix}",
    message:
        "Scoring {wildcards.classifier} of {wildcards.mix}"


use rule job as compare_mixes with:
    input:
        predictions=test_predictions,
        split=first_split,
    output:
        comparison=DATASET + "/tables/comparison.csv",
        variance=DATASET + "/tables/variance.csv",
    params:
        **runs("compare_mixes"),
        comparisons=of(evaluate.comparisons),
        classifiers=classifiers_of,
        repeats=repeats_of_mixes,
        folds=folds_of,
        seed=MASTER_SEED,
        classes=classes_of,
        positive_class=positive_class_of,
        leakage=leakage_of,
        of_ready=of(mix.leakage_of_ready),
        evaluation=evaluation_of,
        verdict=verdict_of,
        margin=margin_of,
    pathvars:
        job="compare_mixes",
    message:
        "Comparing the mixes of {wildcards.dataset}"


use rule job as compare_classifiers with:
    input:
        predictions=test_predictions,
        split=first_split,
    output:
        DATASET + "/tables/classifier_comparison.csv",
    params:
        **runs("compare_classifiers"),
        mixes=of(mix.names),
        classifiers=classifiers_of,
        repeats=repeats_of_mixes,
        folds=folds_of,
        seed=MASTER_SEED,
        classes=classes_of,
        positive_class=positive_class_of,
        leakage=leakage_of,
        of_ready=of(mix.leakage_of_ready),
        evaluation=evaluation_of,
        verdict=verdict_of,
        margin=margin_of,
    pathvars:
        job="compare_classifiers",
    message:
        "Comparing the classifiers of {wildcards.dataset}"


use rule job as tabulate_learning_curve with:
    input:
        test=files_of(rules.predict.output.test, learning_curve.predictions),
        splits=files_of(SPLIT, learning_curve.deals),
        split=first_split,
    output:
        DATASET + "/tables/learning_curve.csv",
    params:
        **runs("tabulate_learning_curve"),
        shares=of(learning_curve.plain_shares),
        comparisons=of(learning_curve.comparisons),
        classifiers=of(learning_curve.classifiers),
        repeats=of(learning_curve.plain_repeats),
        folds=folds_of,
        seed=MASTER_SEED,
        classes=classes_of,
        positive_class=positive_class_of,
        leakage=leakage_of,
        of_ready=of(mix.leakage_of_ready),
        evaluation=of(learning_curve.settings),
        verdict=verdict_of,
    pathvars:
        job="tabulate_learning_curve",
    message:
        "Writing the learning curves of {wildcards.dataset}"


use rule job as tabulate_study with:
    input:
        split=first_split,
        mixes=files_of(rules.compose_mix.output[0], mix=mix.names, **FIRST),
        metrics=files_of(
            rules.score_predictions.output.metrics, classifier=classify.names, mix=mix.names
        ),
        confusion=files_of(
            rules.score_predictions.output.confusion, classifier=classify.names, mix=mix.names
        ),
        comparison=rules.compare_mixes.output.comparison,
        classifier_comparison=rules.compare_classifiers.output[0],
    output:
        mixes=DATASET + "/tables/mixes.csv",
        metrics=DATASET + "/tables/metrics.csv",
        confusion=DATASET + "/tables/confusion.csv",
        summary=DATASET + "/tables/summary.csv",
        summary_markdown=DATASET + "/tables/summary.md",
    params:
        **runs("tabulate_study"),
        mixes=of(mix.all_plain),
        classifiers=classifiers_of,
        leakage=leakage_of,
        of_ready=of(mix.leakage_of_ready),
        verdict=verdict_of,
    pathvars:
        job="tabulate_study",
    message:
        "Writing the tables of {wildcards.study}, {wildcards.dataset}"
