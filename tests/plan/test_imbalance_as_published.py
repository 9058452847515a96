"""The protocol of the imbalance source, at paper scale: nothing is trained."""

import pytest
import yaml

from plan_data import ROOT, plan_of
from synthmix.classify.losses import build_loss
from synthmix.plan import classify, evaluate, generate, published, score, search
from synthmix.published.rows import DIFFERENCE, read_headings, read_printed

PUBLISHED = ROOT / "studies" / "published" / "imbalance.csv"
DATASETS = ("mnist", "fashion_mnist", "cifar10")
LARGEST = {"mnist": 4000, "fashion_mnist": 4000, "cifar10": 4500}


@pytest.fixture(scope="module")
def views():
    plan = plan_of("imbalance_as_published")
    return {name: plan.view("imbalance_as_published", name) for name in DATASETS}


@pytest.fixture(scope="module")
def wider():
    plan = plan_of("imbalance")
    return {name: plan.view("imbalance", name) for name in DATASETS}


def test_it_has_the_sixty_trainings_of_the_source_and_no_other(views):
    """Two networks for each of five, two techniques and three data sets (section 4.2)."""
    trainings = [
        (name, classifier, mix)
        for name, view in views.items()
        for classifier in view.classifiers
        for mix in view.mixes
    ]
    assert len(trainings) == 5 * 2 * 3 * 2
    assert {mix for _, _, mix in trainings} == {
        *("deepsmote-filled", "bagan_gp-filled", "unbalanced_bagan_gp", "real_only")
    }


def test_each_technique_is_compared_with_its_own_unbalanced_network(views):
    compared = {
        (one["mix"], one["baseline"]): one["family"] for one in evaluate.comparisons(views["mnist"])
    }
    assert compared == {
        ("deepsmote-filled", "real_only"): "published",
        ("bagan_gp-filled", "unbalanced_bagan_gp"): "published",
        ("unbalanced_bagan_gp", "real_only"): "mixes",
        ("deepsmote-filled", "bagan_gp-filled"): "pairs",
    }


@pytest.mark.parametrize(("dataset", "side"), [("mnist", 28), ("cifar10", 32)])
def test_networks_of_bagan_gp_take_images_of_64_pixels(views, dataset, side):
    sizes = {
        mix: {
            settings["input_size"]
            for name in views[dataset].classifiers
            for settings in classify.possible(views[dataset], name, mix)
        }
        for mix in views[dataset].mixes
    }
    assert sizes == {
        "deepsmote-filled": {side},
        "real_only": {side},
        "bagan_gp-filled": {64},
        "unbalanced_bagan_gp": {64},
    }


@pytest.mark.parametrize("dataset", DATASETS)
def test_filled_sets_have_the_images_of_the_source(views, dataset):
    """40,000 and 45,000 (sections 4.3.2 and 4.3.3), a fifth of them to validate with."""
    counts = views[dataset].data.subsample.train
    real = {
        "validation": {label: n // 5 for label, n in counts.items()},
        "train": {label: n - n // 5 for label, n in counts.items()},
    }
    for mix in ("deepsmote-filled", "bagan_gp-filled"):
        filled = views[dataset].mixes[mix].counts(real)
        images = {
            part: sum(sum(origins.values()) for origins in classes.values())
            for part, classes in filled.items()
        }
        assert sum(images.values()) == 10 * LARGEST[dataset]
        assert images["validation"] == 2 * LARGEST[dataset]


@pytest.mark.parametrize("dataset", DATASETS)
def test_printed_settings_are_trained_whatever_a_search_finds(views, dataset):
    view = views[dataset]
    rows = [row for row in published.rows(view, "parameters") if row.generator]
    assert {row.metric for row in rows} >= {"batch_size", "learning_rate", "latent_dim"}
    for row in rows:
        found = generate.trained(view, row.generator)
        settings = {**found.base, **found.own}
        ours = settings[row.metric.partition(DIFFERENCE)[0]]
        if row.generator == "bagan_gp" and row.metric.startswith("epochs"):
            ours -= settings["autoencoder_epochs"]
        assert ours == row.low, row
        assert generate.choice(view, row.generator) is None
        assert settings["learns_from"] == "training_and_validation"


@pytest.mark.parametrize(
    ("dataset", "deepsmote", "bagan_gp"),
    [
        ("mnist", (16, 100), (27, 25)),
        ("fashion_mnist", (36, 150), (8, 20)),
        ("cifar10", (36, 300), (8, 20)),
    ],
)
def test_searches_are_those_of_the_source(views, dataset, deepsmote, bagan_gp):
    """The grids of figures 4.5 to 4.7 and 4.11 to 4.13, and their epochs."""
    view = views[dataset]
    for generator, (count, epochs) in {"deepsmote": deepsmote, "bagan_gp": bagan_gp}.items():
        candidates = [name for name, of in view.candidates.items() if of == generator]
        assert len(candidates) == count
        for name in candidates:
            settings = view.generator_settings[name]
            assert settings.epochs - getattr(settings, "autoencoder_epochs", 0) == epochs


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_the_source_does_not_print_of_generators_is_the_programs(views, dataset):
    """In candidates as in what is trained, whatever the defaults of ours become."""
    view = views[dataset]
    programs = {
        "deepsmote": {"neighbours": 5},
        "bagan_gp": {
            **{"autoencoder_epochs": 30, "autoencoder_batch_size": 128, "base_channels": 64},
            **{"beta1": 0.5, "beta2": 0.9, "critic_steps": 5, "gradient_penalty": 10},
            **{"adversarial_loss": "cross_entropy", "critic": "as_published"},
            **{"critic_starts": "afresh", "working_size": 64},
        },
    }
    written = yaml.safe_load((ROOT / "studies" / "imbalance_as_published.yaml").read_text("utf-8"))
    for generator, expected in programs.items():
        assert expected.items() <= written["generators"][generator].items()
        for name in (generator, *view.candidates):
            if view.candidates.get(name, name) == generator:
                assert expected.items() <= view.generator_settings[name].model_dump().items()


def test_networks_are_trained_as_section_5_2_says(views):
    for view in views.values():
        for name in view.classifiers:
            for mix in view.mixes:
                found = classify.trained(view, name, mix)
                settings = {**found.base, **found.own}
                assert settings["batch_size"] == 8
                assert settings["loss"] == {"name": "cross_entropy", "label_smoothing": 0.0}
                assert settings["patience"]
                assert settings["class_weights"] == "none"


def test_every_published_value_is_of_something_that_is_trained_or_says_why_not(views):
    for row in read_printed(PUBLISHED):
        if row.of == "none":
            assert row.note
            continue
        view = views[row.dataset]
        assert row.classifier in ("", *view.classifiers, "!squeezenet")
        assert set(row.mixes) <= set(view.mixes), row
        assert row.generator in ("", "deepsmote", "bagan_gp")


def test_every_table_has_its_heading():
    tables = {row.table for row in read_printed(PUBLISHED)}
    assert tables == set(read_headings(PUBLISHED))


def test_the_unbalanced_networks_of_either_technique_are_told_apart():
    """Figures 5.4 to 5.6 and 5.10 are of networks of their own (section 4.2, appendix B)."""
    rows = [row for row in read_printed(PUBLISHED) if row.of == "metrics"]
    own = {row.table for row in rows if row.mix == "unbalanced_bagan_gp"}
    assert own == {"figure 5.4", "figure 5.5", "figure 5.6", "figure 5.10"}
    assert not any("The same training" in row.note for row in rows)


def test_deviations_are_declared(views):
    declared = views["mnist"].settings.deviations
    assert len(declared) == 11
    tables = {row.table for row in read_printed(PUBLISHED)}
    assert {one.table for one in declared if one.table} <= tables


def test_where_the_text_and_a_program_differ_it_is_declared(views):
    told = " ".join(one.what for one in views["mnist"].settings.deviations)
    for section in ("section 3.1.8", "Section 3.1.7", "table 3.1"):
        assert section in told


def test_the_wider_study_is_another_protocol(wider, views):
    view = wider["cifar10"]
    assert view.settings.published_values == "context"
    assert set(view.classifiers) == set(views["cifar10"].classifiers)
    for generator in ("deepsmote", "bagan_gp"):
        found = generate.trained(view, generator)
        assert {**found.base, **found.own}["learns_from"] == "training"
        assert generate.choice(view, generator) is not None
    sizes = {
        settings["input_size"]
        for name in view.classifiers
        for mix in view.mixes
        for settings in classify.possible(view, name, mix)
    }
    assert sizes == {64}
    assert not any(mix.adds_to_validation for mix in view.mixes.values())
    families = [one["family"] for one in evaluate.comparisons(view)]
    assert (families.count("published"), families.count("pairs")) == (2, 1)


def test_losses_of_the_wider_study_see_how_rare_a_class_is(wider):
    import torch

    view = wider["mnist"]
    images = torch.tensor(list(view.data.subsample.train.values()))
    logits = torch.zeros(2, 10, dtype=torch.float64, requires_grad=True)
    targets = torch.eye(10)[[0, 9]]
    for baseline in ("bilinear", "log_bilinear"):
        loss = dict(classify.own(view, "resnet18", baseline)["loss"])
        assert loss["cross_entropy_share"] == 0.5
        alone = build_loss(
            loss | {"cross_entropy_share": 0.0}, list(map(str, range(10))), None, images
        )
        (gradient,) = torch.autograd.grad(alone(logits, targets), logits)
        steps = gradient.norm(dim=1)
        assert (steps[1] / steps[0]).item() == pytest.approx(100)


def test_the_fair_study_chooses_by_what_says_which_is_better(wider):
    for view in wider.values():
        scores = {
            name: search.score(view, "generators", name) for name in ("deepsmote", "bagan_gp")
        }
        assert scores["deepsmote"] == "total_loss"  # no batch size is favoured
        assert scores["bagan_gp"].startswith(("frechet_distance", "fid"))
        assert all(generate.choice(view, name) is not None for name in scores)
        assert score.seen(view) == ["train"]
