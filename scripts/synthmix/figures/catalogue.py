"""Every figure by its declaration, in the order of the report.

A figure is a module of its name beside this one, with a function of its name, and an entry here.
They stand together because each start of Snakemake reads them, and must load neither matplotlib
nor pandas for it; and because their order is that of the report.
"""

from synthmix.figures.declaration import Figure

FIGURES = (
    Figure(
        "plot_real_share",
        inputs=("summary",),
        when="mixes",
        file="real_share.svg",
        section="finding",
        alt="The {{ main_measure }} on the real test images against the share of real images in "
        "the mix, a line for each class share"
        "{% if kinds.real_only %}, with real images alone at the right{% endif %}"
        "{% if kinds.selected_real or kinds.trained_otherwise %}; selections of real images and "
        "other ways to train on them in the last panel{% endif %}: {{ study.title }}",
        caption="Each point is one training set. {% if kinds.real_only %}A dotted line is what "
        "real images alone reach with the same class shares: points above it are better than no "
        "synthetic images, points below it worse. {% endif %}Bars are {{ confidence }} intervals.",
        message="Drawing how good the classifiers are against the share of real images",
    ),
    Figure(
        "plot_census",
        inputs=("census",),
        when="census",
        file="census.svg",
        section="data",
        alt="All images that the metadata of the data set lists, by what it says of them, used or "
        "left out",
        caption="What the metadata says of all images it lists. Left out: for their label or where "
        "they are from, or for lack of a file; of those that are used a subsample may take a part.",
        message="Drawing what the metadata says of {wildcards.dataset}",
    ),
    Figure(
        "plot_duplicates",
        inputs=("near_duplicates", "images", "split"),
        when="near duplicates",
        file="near_duplicates.png",
        section="data",
        folded="Images that are nearly the same",
        alt="Pairs of prepared images that are nearly the same, side by side",
        caption="Pairs of two patients first, the least alike of them first. Above each stands "
        "what one is of the other, how far apart they are (1 less the correlation of their "
        "details), their class, or classes, and the split of each. near_duplicates.csv lists all.",
        message="Drawing the near-duplicates in {wildcards.dataset}",
    ),
    Figure(
        "plot_samples",
        inputs=("images", "split", "pools"),
        per="generator",
        file="samples-{generator}.png",
        section="samples",
        alt="Real training images and synthetic ones{% if several %} of {{ title }}{% endif %}",
        caption="{{ title }}: real images are from the training split, synthetic ones from the "
        "pool that the mixes draw on. Neither row is chosen by eye: they are evenly spaced over "
        "all there are.",
        message="Drawing real and synthetic images of {wildcards.generator}",
    ),
    Figure(
        "plot_quiz",
        inputs=("images", "split", "pools"),
        params=("generator", "unseen", "seed", "image_size"),
        per="generator",
        file="quiz-{generator}.png",
        tables={"key": "tables/quiz-{generator}-key.csv"},
        section="samples",
        alt="Real images and those of {{ title }}, numbered and not told apart",
        caption="{{ title }}: as many real images as synthetic ones of each class, in a random "
        "order. The real ones were not seen by the generator, unless it learns from all there are. "
        "Which is which?",
        message="Drawing real images and those of {wildcards.generator} for a quiz",
    ),
    Figure(
        "plot_generator_history",
        inputs=("generator_histories",),
        when="generators",
        file="generator_history.svg",
        section="generators",
        alt="Losses of each generator against the epoch",
        caption="Losses of a generator say whether training went off the rails, not how good the "
        "pictures are.",
        message="Drawing how the generators of {wildcards.dataset} learned",
    ),
    Figure(
        "plot_snapshots",
        inputs=("snapshots",),
        when="snapshots",
        file="snapshots.svg",
        section="generators",
        alt="Distance from the real images while the generators learned",
        caption="Lower is better. The marked snapshot made the images, unless the study keeps the "
        "last one.",
        message="Drawing how good the generators of {wildcards.dataset} were while they learned",
    ),
    Figure(
        "plot_scores",
        inputs=("scores",),
        when="generators",
        file="scores.svg",
        section="scores",
        alt="Scores of each generator",
        message="Drawing the scores of the generators of {wildcards.dataset}",
    ),
    Figure(
        "plot_pca",
        inputs=("plane",),
        per="generator",
        file="pca-{generator}.svg",
        section="scores",
        alt="Real and synthetic images in the plane of their principal components"
        "{% if several %} of {{ title }}{% endif %}",
        caption="{{ title }}: flattened pixels; clouds that lie apart can be told apart.",
        message="Drawing the plane of real images and those of {wildcards.generator}",
    ),
    Figure(
        "plot_nearest",
        inputs=("pairs", "images", "pools"),
        per="generator",
        file="nearest-{generator}.png",
        section="scores",
        alt="Synthetic images nearest to training images{% if several %} of {{ title }}{% endif %}",
        caption="{{ title }}: the synthetic images that are nearest to a training image, each "
        "beside it. Copies would show here.",
        message="Drawing the images of {wildcards.generator} nearest to training images",
    ),
    Figure(
        "plot_mixes",
        inputs=("mixes",),
        when="training sets",
        file="mixes.svg",
        section="mixes",
        alt="Training images of each mix by class and origin",
        message="Drawing what the mixes are made of",
    ),
    Figure(
        "plot_metrics",
        inputs=("summary",),
        when="trainings",
        file="metrics.svg",
        section="results",
        alt="With their intervals, of every training set: {{ measures.values() | list | listed }}",
        caption="{% if kinds.real_only and not one_table %}A dotted line is the value of real "
        "images alone with the "
        "same class shares. {% endif %}Dashed is what an answer would get that is always the most "
        "frequent class.",
        message="Drawing the metrics of {wildcards.dataset}",
    ),
    Figure(
        "plot_validation",
        inputs=("metrics", "mixes"),
        when="filled classes",
        file="validation.svg",
        section="results",
        alt="Accuracy and macro F1 of the validation images and of the test images, by network, "
        "with and without classes filled up",
        caption="Validation images that are synthetic are no proof: what counts is the gain on the "
        "test images, all real, at the right.",
        message="Drawing validation beside test",
    ),
    Figure(
        "plot_mixup",
        inputs=("metrics",),
        params=("baseline", "mixups"),
        when="mixups",
        file="mixup.svg",
        section="results",
        alt="Accuracy on the test images against the alpha of mixup, a line for predictions with "
        "dropout and one without",
        caption="Classifiers that differ in nothing but mixup: the larger its alpha, the more two "
        "images are blended. Bars are {{ confidence }} intervals{% if study.folds %} over the "
        "folds{% endif %}; hollow are the values that the source prints, where it does.",
        message="Drawing how good the classifiers of {wildcards.dataset} are by mixup",
    ),
    Figure(
        "plot_synthetic_share",
        inputs=("summary",),
        when="mixes",
        file="synthetic_share.svg",
        section="results",
        alt="The {{ main_measure }} on the real test images against the share of synthetic images "
        "in the mix",
        caption="The dose and the response: {% if kinds.real_only %}real images alone at the left, "
        "{% endif %}more and more synthetic ones to the right.",
        message="Drawing how good the classifiers are against the share of synthetic images",
    ),
    Figure(
        "plot_comparison",
        inputs=("comparison", "mixes"),
        when="comparisons",
        file="comparison.svg",
        section="comparisons",
        alt="{{ judged_by[0] | upper }}{{ judged_by[1:] }} of each mix minus that of "
        "{{ 'real images alone' if comparisons else 'another one' }}, with intervals, coloured by "
        "verdict",
        caption="The thick part of an interval, of 90% where 5% is the significance, shows whether "
        "a difference is within the margin. {% if comparisons %}Right of the line a mix did "
        "better than real images alone with the same class shares, left of it worse.{% endif %}"
        "{% if mix_pairs %} "
        "{{ 'Of' if comparisons else 'Right of the line of' }} two mixes it is the first that did"
        "{{ '' if comparisons else ' better' }}.{% endif %}",
        message="Drawing the mixes against their baselines",
    ),
    Figure(
        "plot_variance",
        inputs=("variance", "mixes"),
        when="repeated comparisons",
        file="variance.svg",
        section="comparisons",
        alt="Of each comparison, the shares of its variance that are from test patients, splits, "
        "and trainings",
        caption="What to have more of, to be surer: the largest part. What was done once has no "
        "part of its own; it is in that of what it was done within.",
        message="Drawing where the uncertainty is from",
    ),
    Figure(
        "plot_learning_curve",
        inputs=("learning_curve", "mixes"),
        when="learning curves",
        file="learning_curve.svg",
        section="worth",
        alt="{{ judged_by[0] | upper }}{{ judged_by[1:] }} against the number of training patients,"
        " with and without synthetic images, and the distance between the two curves",
        caption="Both curves were trained on the same shares of the patients. Shaded is how far "
        "apart they are along the axis of patients, over all values that both take; the arrow is "
        "in the middle of that. Curves are drawn so that they do not fall. Bars are "
        "{{ confidence }} intervals.",
        message="Drawing the learning curves of {wildcards.dataset}",
    ),
    Figure(
        "plot_confusion",
        inputs=("confusion", "mixes"),
        when="trainings",
        file="confusion.svg",
        section="confusion",
        alt="Confusion matrix of each training set on the real test images",
        caption="Each cell: test images{% if classes | length > 5 %}, its shade being their share "
        "of the true class{% else %}, and their share of the true class{% endif %}. A good "
        "classifier is dark from top left to bottom right.",
        message="Drawing the confusion matrices of {wildcards.dataset}",
    ),
    Figure(
        "plot_roc",
        inputs=("predictions", "metrics", "mixes"),
        params=("positive_class",),
        when="trainings",
        file="roc.svg",
        section="probabilities",
        alt="ROC curves",
        caption="How many images of a class are found for how many of the rest that are taken for "
        "it, as the threshold goes down; on the dotted line they would be by chance. AUC is the "
        "area below, with its {{ confidence }} interval{% if study.folds %}; images of all folds "
        "are ranked together{% endif %}.",
        message="Drawing the ROC curves of {wildcards.dataset}",
    ),
    Figure(
        "plot_calibration",
        inputs=("predictions", "metrics", "mixes"),
        when="trainings",
        file="calibration.svg",
        section="probabilities",
        alt="Reliability diagrams",
        caption="Images in bins of the largest probability, and how often the most probable class "
        "is the true one: below the dotted line a classifier is surer than it is right. Bins with "
        "few images, which the lower panel shows, say little. ECE, the expected calibration error, "
        "is the mean distance from the line.",
        message="Drawing the calibration of the classifiers of {wildcards.dataset}",
    ),
    Figure(
        "plot_augmentation",
        inputs=("images", "split"),
        params=("classifier", "augmentations", "seed"),
        per="augmented classifier",
        file="augmentation/{classifier}.png",
        section="training",
        folded="Training images before and after random changes",
        alt="A training image of each class, and what {{ title }} is trained on in its place",
        caption="{{ title }}: the first training image of each class, and four of the images that "
        "random changes make of it. They are drawn anew each epoch.",
        message="Drawing the random changes of training images of {wildcards.classifier}",
    ),
    Figure(
        "plot_examples",
        inputs=("images", "split", "own_predictions"),
        params=("title",),
        per="classifier",
        file="examples/{classifier}/{mix}.png",
        section="looks",
        alt="Test images that are classified right and wrong: {{ title }}",
        caption="{{ title }}: the surest mistakes, the surest right answers, and the images that "
        "were the closest calls. ✗ stands before a wrong class.",
        message="Drawing test images that {wildcards.classifier} of {wildcards.mix} gets right and "
        "wrong",
    ),
    Figure(
        "plot_gradcam",
        inputs=("model", "weights", "images", "split", "model_predictions"),
        params=("title",),
        per="classifier",
        file="gradcam/{classifier}/{mix}.png",
        section="looks",
        alt="Heat maps over test images: {{ title }}",
        caption="{{ title }}: what speaks for the predicted class, by Grad-CAM over the last layer "
        "before pooling{% if study.folds %}, first fold{% endif %}; coarse, as that layer is. The "
        "line is half of the maximum.",
        message="Drawing where {wildcards.classifier} of {wildcards.mix} looks",
        mem_mb=4000,
    ),
    Figure(
        "plot_feature_maps",
        inputs=("model", "weights", "images", "split", "model_predictions"),
        params=("label", "title"),
        per="classifier",
        file="feature_maps/{classifier}/{mix}.png",
        section="looks",
        folded="Feature maps",
        alt="Feature maps of one test image: {{ title }}",
        caption="{{ title }}: what each layer makes of one test image, each map from its own "
        "darkest to its own brightest value.",
        message="Drawing the feature maps of {wildcards.classifier} of {wildcards.mix}",
        mem_mb=2500,
    ),
    Figure(
        "plot_search",
        inputs=("search",),
        params=("kind", "name", "stage", "stages"),
        per="stage",
        file="search-{kind}-{name}-stage{stage}.svg",
        section="searches",
        alt="Score of each candidate for the settings of the {{ title }}",
        message="Drawing stage {wildcards.stage} of the search for settings of {wildcards.name}",
    ),
    Figure(
        "plot_candidate_tests",
        inputs=("candidates",),
        params=("name", "stage", "stages"),
        per="tested stage",
        file="tests-{kind}-{name}-stage{stage}.svg",
        section="searches",
        alt="Recall, precision, F1 and accuracy on test images of the candidates for the settings "
        "of the {{ title }}",
        caption="What the candidates reach on test images, by which nothing was chosen; recall, "
        "precision and F1 are the means of all classes. Bars are {{ confidence }} intervals.",
        message="Drawing how the candidates of stage {wildcards.stage} for {wildcards.name} test",
    ),
    Figure(
        "plot_search_curves",
        inputs=("candidate_histories", "search"),
        params=("name", "stage", "stages"),
        per="stage by a loss",
        file="search_curves-{kind}-{name}-stage{stage}.svg",
        section="searches",
        alt="The loss of each candidate for the settings of the {{ title }} against the epoch",
        caption="The same lines in each panel, a candidate each, in the colours of the values of "
        "one setting.",
        message="Drawing the losses in stage {wildcards.stage} of the search for settings of "
        "{wildcards.name}",
    ),
    Figure(
        "plot_classifier_history",
        inputs=("classifier_histories", "mixes"),
        params=("classifier", "measures"),
        per="classifier",
        file="classifier_history-{classifier}.svg",
        section="training",
        alt="Training and validation curves: {{ title }}",
        caption="{{ title }}: {% if study.folds %}a line for each fold. A{% else %}a{% endif %} "
        "validation loss that rises while the training loss falls is overfitting. The weights of "
        "the marked epoch were judged.",
        message="Drawing how {wildcards.classifier} learned",
    ),
    Figure(
        "plot_pipeline",
        inputs=("pipeline",),
        when="pipeline",
        file="pipeline.svg",
        section="pipeline",
        alt="Images a second from the store and from a folder of pictures",
        message="Drawing how fast the images of {wildcards.dataset} are read",
    ),
    Figure(
        "plot_published_curves",
        inputs=("curves", "published_histories"),
        params=("dataset",),
        when="published curves",
        file="published_curves.svg",
        section="published",
        alt="Published training curves, dashed, and ours",
        caption="Published curves are dashed, ours drawn through.",
        message="Drawing the trainings of {wildcards.dataset} beside the published ones",
    ),
    Figure(
        "plot_published",
        inputs=("published",),
        when="published",
        file="published.svg",
        section="published",
        folded="All of it in one picture",
        alt="Our numbers with their intervals beside the published ones, a row of panels for each "
        "table of the source",
        caption="Every measure has a scale of its own. The tables below have the same numbers.",
        message="Drawing {wildcards.dataset} beside the published values",
    ),
)
