"""What `config.yaml` and `studies/*.yaml` may say: every setting, its range and its default."""

from typing import Annotated, Any, ClassVar, Literal, Self, Union

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, model_validator

from synthmix.config.classifiers import Baseline, StudyClassifier
from synthmix.config.learning_curve import LearningCurve
from synthmix.config.options import dataset_settings, generator_settings
from synthmix.config.paths import folder_for_snakemake
from synthmix.evaluate.comparisons import Comparison, names_for, plan_comparisons
from synthmix.evaluate.settings import Evaluation
from synthmix.generate.models.resampling.settings import RANDOM_OVER_SAMPLING
from synthmix.leakage import NONE, Leakage
from synthmix.mix.plan import AS_TRAINING, MIXED, REAL, Mix, plan_study
from synthmix.mix.removal import Removal
from synthmix.prepare.settings import InputPipeline, Prepare, ShareSplit, Split
from synthmix.scales import Scale
from synthmix.score.settings import ScoreSettings
from synthmix.settings import (
    Distinct,
    Name,
    PositiveFloat,
    PositiveInt,
    SettingsModel,
    Share,
)


def as_list(value: Any) -> Any:
    """Return text such as `a,b` or a lone number, as the command line gives them, as a list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [value] if isinstance(value, int) else value


def as_repeats(value: Any) -> Any:
    """Return one to three numbers, as the command line gives them, by what they are numbers of."""
    if isinstance(value, str) and not value.strip().startswith("{"):
        value = [part.strip() for part in value.split(",")]
    if isinstance(value, int):
        value = [value]
    if not isinstance(value, list):
        return value
    if len(value) > len(Repeats.model_fields):
        raise ValueError(f"has {len(value)} numbers; give {', '.join(Repeats.model_fields)}")
    return dict(zip(Repeats.model_fields, value, strict=False))


StudyNames = Annotated[list[str], Field(min_length=1)]
Seeds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
GeneratorNames = Annotated[list[Name], Field(min_length=1), Distinct]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
Sentence = Annotated[str, Field(min_length=1)]
ClassShares = Annotated[dict[Name, Share], Field(min_length=2)]
DatasetSettings = Annotated[Union[*dataset_settings()], Field(discriminator="source")]
GeneratorSettings = Annotated[Union[*generator_settings()], Field(discriminator="model")]


class Repeats(SettingsModel):
    """How often a study is repeated from the split on, to tell what chance does to its results."""

    splits: PositiveInt = Field(
        1,
        description="Splits of the patients, each with generators and classifiers of its own. An"
        " official test part stays what it is: training and validation are dealt anew.",
    )
    generators: PositiveInt = Field(1, description="Trainings of each generator in a split.")
    classifiers: PositiveInt = Field(
        1, description="Trainings of each classifier on each mix of a split, by as many seeds."
    )

    @property
    def is_one(self) -> bool:
        """Whether all is done once."""
        return self == Repeats()


class Workflow(SettingsModel):
    """`config.yaml`: what to run, where and how."""

    studies: Annotated[
        StudyNames, BeforeValidator(as_list, json_schema_input_type=StudyNames | str), Distinct
    ] = Field(description="Names of files in studies/ (without .yaml), or paths of study files.")
    scale: Scale = Field(
        description="paper: the study as it is written; demo: with its demo section laid over;"
        " rehearsal: every job of paper in short, a few steps on a few images, to prove that it"
        " runs."
    )
    rehearse: Literal["one_of_each", "all"] = Field(
        "one_of_each",
        description="At scale rehearsal, of jobs that differ in their repeat, fold or grid point"
        " alone: one, or all. With one, classifiers are not trained on every mix of every data set:"
        " each two of classifier, data set and kind of mix meet.",
    )
    max_steps: Annotated[int, Field(ge=2)] = Field(
        2,
        description="At scale rehearsal: epochs of a training, and the most steps that a classifier"
        " makes in one.",
    )
    data_dir: Annotated[str, Field(min_length=1), AfterValidator(folder_for_snakemake)] = Field(
        "data", description="Where raw data and downloaded weights are kept."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where training runs; auto takes a GPU where the job finds one."
    )
    seeds: Annotated[
        Seeds, BeforeValidator(as_list, json_schema_input_type=Seeds | int | str), Distinct
    ] = Field(
        [1],
        description="One repeat of every classifier training a seed; the first also seeds the"
        " data split, the generators and everything else. Several go not with repeats.",
    )
    repeats: Annotated[Repeats, BeforeValidator(as_repeats)] | None = Field(
        None,
        description="Goes over the repeats of every study: splits, generators, classifiers. In"
        " short 3,2,1 is three splits with two trainings of each generator, and 3 is three splits.",
    )
    training_threads: PositiveInt = Field(
        1, description="CPU threads of one training; results on a CPU depend on it in last digits."
    )
    checkpoint_seconds: PositiveFloat = Field(
        60, description="A training keeps its state at least this often."
    )
    rehearsal_memory_gb: PositiveFloat | None = Field(
        None,
        description="GB that a job which trains, or reads or draws images, may take on a CPU at"
        " scale rehearsal: its batches go in as many parts as that takes. Where absent, three"
        " quarters of what is free when the run begins, shared by as many trainings"
        " as may run at once.",
    )
    longest_runtime: PositiveInt | None = Field(
        None,
        description="Minutes that a cluster's partition gives a job at the most: none asks for"
        " more, and a training that takes longer stops in time and goes on in its next job.",
    )
    tracker: Literal["none", "tensorboard", "wandb", "mlflow"] = Field(
        "none",
        description="Where trainings also show their course; whatever is not none has to be"
        " installed, and changes no result.",
    )
    new_images: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Folder, archive or image that `snakemake classify_images` classifies.",
    )


class TestSample(SettingsModel):
    """The fixed sample of real test images on which every classifier is judged."""

    __test__ = False  # its name makes pytest take it for a test class

    images: PositiveInt = Field(
        description="Size; a smaller sample of the same shares is drawn where images run short."
    )
    class_shares: ClassShares = Field(description="Share of each class, summing to 1.")


class Mixes(SettingsModel):
    """The training sets to compare: every class share with every share of real images."""

    train_images: PositiveInt = Field(description="Training images of a mix.")
    validation: Literal[REAL, MIXED] = Field(
        REAL,
        description="real: a mix is validated on the images that its real-only baseline is"
        " validated on. mixed: on validation_images, in its shares of real and synthetic ones.",
    )
    validation_images: PositiveInt | None = Field(
        None, description="Validation images of a mix, where validation is mixed."
    )
    class_shares: Annotated[list[ClassShares], Field(min_length=1), Distinct] = Field(
        description="Shares of the classes among the training images, one entry a series of mixes."
    )
    validation_class_shares: ClassShares | Literal[AS_TRAINING] = Field(
        description="Shares of the classes among the validation images of every mix; as_training:"
        " those of its training images, as where a part of these validates."
    )
    real_shares: Annotated[list[Share], Field(min_length=1), Distinct] = Field(
        description="Shares of real images: 0.05 is 95/5 synthetic/real."
    )
    when_real_runs_short: Literal["fail", "repeat"] = Field(
        "fail", description="What to do when a mix asks for more real images than there are."
    )
    generators: GeneratorNames | None = Field(
        None, description="Generators whose images are mixed; all of them where absent."
    )
    real_only: bool = Field(
        True,
        description="Train on real images alone too, for each of the class shares, and compare"
        " every mix with that. false: without, and only what compare names is compared.",
    )


class Additions(SettingsModel):
    """Training sets of all real images, the classes as they are, with synthetic ones added."""

    fill: Annotated[list[PositiveShare], Distinct] = Field(
        [],
        description="Shares of what each class lacks to the largest one, each a training set: 1"
        " balances the classes.",
    )
    ratios: Annotated[list[PositiveFloat], Distinct] = Field(
        [], description="Synthetic images for each real one of its class, each a training set."
    )
    validation: Literal["real", "added"] = Field(
        "real",
        description="added: the validation images get synthetic ones too, of the same generator"
        " unless it copies or blends training images.",
    )
    generators: GeneratorNames | None = Field(
        None, description="Generators whose images are added; all of them where absent."
    )
    trained_as: dict[Name, Name] | None = Field(
        None,
        description="By generator one of the study's baselines: networks learn from its images with"
        " the settings of that, and are compared with it.",
    )
    after_removal: dict[Name, GeneratorNames] | None = Field(
        None,
        description="More training sets, by selections of the study: the real images that one"
        " keeps, and as fill and ratios ask for the images of these generators added to them.",
    )

    @model_validator(mode="after")
    def _adds_something(self) -> Self:
        if not self.fill and not self.ratios:
            raise ValueError("adds nothing: give fill, ratios, or both")
        return self


class Controls(SettingsModel):
    """What tells the worth of synthetic images from that of more images and more steps."""

    equal_steps: bool = Field(
        True,
        description="An epoch of a mix has as many batches as one of its real-only baseline: of a"
        " larger mix a new random part of its images, a smaller one is gone round.",
    )
    copies: bool = Field(
        True,
        description="Beside each mix with synthetic images the same one with copies of real images"
        " in their place, by a resampling generator with method: random_over_sampling: the study's,"
        " or one called copies; and their comparison.",
    )


# the generator that makes the copies where a study has none that does
COPIES = "copies"


class Pools(SettingsModel):
    """How the pools of synthetic images are drawn; the mixes always find as many as they need."""

    images: PositiveInt = Field(
        100, description="Images of each class, at the least: scores and figures look at them."
    )
    fill_to: PositiveInt | None = Field(
        None,
        description="As many images of each class as it lacks to so many training images, at the"
        " least.",
    )
    truncation: Share = Field(
        1.0, description="1: the generator's full variety; towards 0: ever closer to its average."
    )


class Export(SettingsModel):
    """The synthetic images that `export_all` packs for use elsewhere."""

    images: PositiveInt = Field(100, description="Images of each class.")
    first_seed: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="Their seeds are this and those after it."
    )
    truncation: Share | None = Field(
        None, description="As of pools, whose value is taken where this is absent."
    )


# of a study file, beside the settings of a study: another file that it goes over, what is otherwise
# for some of its data sets, and what a demo changes
EXTENDS, PER_DATASET, DEMO = "extends", "per_dataset", "demo"
# the same for all data sets of a study; and what a file says of itself, not of those that extend it
OF_THE_FILE = ("deviations",)
OF_THE_STUDY = ("title", "description", "published", "published_values", "datasets", *OF_THE_FILE)


class Deviation(SettingsModel):
    """Where a study departs from the work whose values it is held against."""

    what: Sentence = Field(description="What the source did, and what is done here.")
    why: Sentence = Field(description="Why it is not done as the source did it.")
    effect: Sentence = Field(description="What that probably does to the results.")
    table: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="The source's table that it touches, as the file of published values calls it:"
        " it becomes a footnote there. All of them where absent.",
    )


class Study(SettingsModel):
    """One study: data, generators, selections, mixes and classifiers."""

    one_of_each: ClassVar[bool] = False
    """Whether of jobs that differ in their repeat, fold or grid point alone there is one."""

    title: str = Field(description="The study in one line; the headline of its report.")
    description: str = Field("", description="A paragraph for the report.")
    published: str | None = Field(
        None, description="CSV of published values, relative to the study file."
    )
    published_values: Literal["comparable", "context"] = Field(
        "comparable",
        description="comparable: the study follows its source, and each published value is judged"
        " beside ours. context: it follows another protocol, and they stand beside ours unjudged.",
    )
    deviations: list[Deviation] = Field(
        [],
        description="Where the study departs from its source all the same; they head its published"
        " values in the report. A study that extends this one has its own.",
    )
    positive_class: Name | None = Field(
        None,
        description="The class that precision, recall and sensitivity are about, if there is one.",
    )
    datasets: Annotated[dict[Name, DatasetSettings], Field(min_length=1)] = Field(
        description="Raw images, by a name of your choice; each goes through the whole study."
    )
    prepare: Prepare = Field(description="How raw images are made equal in size and depth.")
    split: Split = Field(ShareSplit(), description="Which images train, validate and test.")
    test_sample: TestSample | None = Field(None, description="All test images where absent.")
    repeats: Repeats = Field(
        Repeats(), description="How often it is repeated, each time with other seeds."
    )
    learning_curve: LearningCurve | None = Field(
        None,
        description="Train on shares of the training patients too, with and without synthetic"
        " images, to say how many more patients these are worth. Every share takes as many jobs"
        " again as what it trains.",
    )
    leakage: Leakage = Field(
        NONE,
        description="none: patients are kept apart. The others are for works that do not, to be"
        " held against them; results are too good, and whatever is made of it says so. by_image:"
        " images are dealt out, not patients, and duplicates stay. as_published: generators learn"
        " from all images, and the real images of mixes and the test images are drawn from all of"
        " them too; for a split by shares.",
    )
    generators: dict[Name, GeneratorSettings] = Field(
        {}, description="Models that make synthetic images, by a name of your choice."
    )
    selections: dict[Name, Removal] = Field(
        {},
        description="Methods that remove real training images, by a name of your choice: each adds"
        " a mix of the real images that it keeps, or, where there are mixes and neither additions"
        " nor baselines, one for each entry of mixes.class_shares.",
    )
    pools: Pools = Field(Pools(), description="How synthetic images are drawn.")
    export: Export = Field(
        Export(), description="What `snakemake export_all` packs of each generator, with a card."
    )
    mixes: Mixes | None = Field(
        None,
        description="The training sets to compare, of fixed sizes and class shares. Without it and"
        " without additions classifiers are trained on the real images as they are; without"
        " classifiers the study ends with the generators' images and scores, or with the split.",
    )
    additions: Additions | None = Field(
        None, description="More training sets to compare: all real images and synthetic ones."
    )
    baselines: dict[Name, Baseline] = Field(
        {},
        description="Other ways to train on the real images alone, the classes as they are, by a"
        " name of your choice: settings that go over those of every classifier, such as"
        " class_weights. Each is compared with plain training on these images.",
    )
    controls: Controls = Field(
        Controls(), description="What mixes with synthetic images are held against, to be fair."
    )
    compare: list[Annotated[list[str], Field(min_length=2, max_length=2), Distinct]] = Field(
        [],
        description="Pairs to compare with each other, each [one, other]: two generators, by all"
        " mixes that differ in these alone, or two mixes. Every classifier is compared with itself,"
        " and the p-values are adjusted for the number of these comparisons.",
    )
    classifiers: dict[Name, StudyClassifier] = Field(
        {},
        description="Networks to train on every mix, by a name of your choice. Those of volumes"
        " take the data sets with a volume_shape, the others the rest.",
    )
    scores: ScoreSettings = Field(ScoreSettings(), description="How generators are scored.")
    evaluation: Evaluation = Field(Evaluation(), description="How results are judged.")
    input_pipeline: InputPipeline | None = Field(
        None,
        description="Measure how fast images are read from the store, and from a folder of"
        " pictures: {} does. Not measured where absent, nor on volumes.",
    )

    def prepare_of(self, dataset: str) -> Prepare:
        """Return how the images of `dataset` are made equal."""
        return self.datasets[dataset].prepare or self.prepare

    def split_of(self, dataset: str) -> Split:
        """Return how the images of `dataset` are split."""
        return self.datasets[dataset].split or self.split

    def at_scale(self, demo: bool) -> Self:
        """Return the study with what depends on the scale decided, and the generator of copies."""
        generators = dict(self.generators)
        if self.copies is None and self.needs_copies and COPIES not in generators:
            given = {"model": "resampling", "method": RANDOM_OVER_SAMPLING}
            generators[COPIES] = TypeAdapter(GeneratorSettings).validate_python(given)
        update = {"scores": self.scores.at_scale(demo), "generators": generators}
        return self.model_copy(update=update)

    @property
    def needs_copies(self) -> bool:
        """Whether copies of real images are asked for, and there is what to hold against them."""
        makes_others = any(not model.makes_copies for model in self.generators.values())
        return self.controls.copies and self.has_mixes and makes_others

    @property
    def copies(self) -> str | None:
        """The generator whose images, copies of real ones, those of others are held against."""
        copying = (name for name, model in self.generators.items() if model.makes_copies)
        return next(copying, None) if self.needs_copies else None

    @property
    def has_mixes(self) -> bool:
        """Whether training sets with synthetic images are compared."""
        return self.mixes is not None or self.additions is not None

    def plan(self) -> list[Mix]:
        """Return all training sets that are compared, in the order of the tables."""
        return plan_study(
            self.generators,
            self.mixes and self.mixes.model_dump(),
            self.additions and self.additions.model_dump(),
            self.selections,
            self.baselines,
            [name for name, model in self.generators.items() if model.keeps_training_images],
            self.copies,
        )

    def plan_comparisons(self) -> list[Comparison]:
        """Return what is compared with what, in the order of the table."""
        families = self.evaluation.families
        return plan_comparisons(self.plan(), self.compare, families, self.copies)

    def plan_curves(self) -> list[Comparison]:
        """Return the mixes, each with its baseline, that have learning curves; [] without any."""
        if self.learning_curve is None:
            return []
        named = self.learning_curve.mixes
        chosen = {mix.name for mix in self.plan() if named is None or names_for(mix) & set(named)}
        return [one for one in self.plan_comparisons() if not one.is_pair and one.mix in chosen]
