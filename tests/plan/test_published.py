import pytest

from plan_data import changed, view_of
from published_data import printed, write_published
from synthmix.plan import generate, published
from synthmix.plan.published import Training
from synthmix.scopes import ALL_CLASSES
from synthmix.score.names import frechet_name, kernel_name

MIX = "dcgan-cancer50-normal50-real10"
KEY = {"classifier": "vgg16", "mix": MIX}


@pytest.fixture
def view(tmp_path):
    """Return the tiny study with rows of published values."""

    def with_rows(*rows, study="tiny"):
        write_published(tmp_path / "values.csv", rows)
        published._read_once.cache_clear()
        return changed(tmp_path, study, published="values.csv")

    return with_rows


def test_a_study_without_published_values_compares_none():
    view = view_of("tiny")
    assert published.rows(view) == []
    assert not published.has_curves(view)
    assert published.belong_to(view).keys() == {
        *("histories", "test", "validation", "weights", "generator_histories", "generator_times"),
        *("snapshots", "planes", "searches", "chosen"),
    }
    assert not any(published.belong_to(view).values())


def test_values_are_of_the_trainings_that_there_are(view):
    found = view(
        printed("1", "history", "kept_epoch", 6.0, **KEY),
        printed("1", "history", "kept_epoch", 6.0, classifier="resnet18", mix=MIX),
        printed("1", "confusion", "predicted_normal", 3.0, classifier="vgg16", mix="another"),
        printed("1", "history", "kept_epoch", 6.0, dataset="elsewhere", **KEY),
    )
    assert published.shown(found) == [Training("vgg16", MIX)]
    assert published.judged(found) == published.counted(found) == []
    # parameters of jobs are read without this package
    assert type(published.belong_to(found)["histories"][0]) is tuple


def test_networks_whose_weights_are_counted_have_the_settings_of_their_candidates(view):
    key = {"classifier": "best", "low": 1.0}
    found = view(
        printed("4", "parameters", "network_weights", candidate="network=resnet18", **key),
        printed("4", "parameters", "network_weights_trained", candidate="network=resnet18", **key),
        printed("4", "parameters", "network_weights", candidate="network=squeezenet1_1", **key),
        printed("4", "parameters", "network_weights", classifier="elsewhere", low=1.0),
        printed("4", "parameters", "batch_size", **key),
        study="stages",
    )
    (network,) = published.networks(found)
    assert (network["classifier"], network["candidate"]) == ("best", "network=resnet18")
    assert network["settings"]["network"] == "resnet18"
    assert network["image_shape"] == found.image_shape
    assert network["classes"] == len(found.classes)


def test_learned_weights_alone_take_the_weights_of_a_training(view):
    rows = [printed("4", "parameters", "batch_size", 8.0, **KEY)]
    assert published.counted(view(*rows)) == []
    rows.append(printed("4", "parameters", "learned_weights", 100.0, **KEY))
    assert published.counted(view(*rows)) == [Training("vgg16", MIX)]


def test_values_are_looked_up_where_there_is_something(view):
    found = view(
        printed("2", "images", "images", 40.0, mix=MIX, split="train"),
        printed("2", "census", "images", 40.0),
        printed("2", "pipeline", "images_a_second", 40.0),
        printed("3", "scores", "precision", 0.5, generator="another"),
    )
    assert published.of_images(found)
    assert published.of_mixes(found)
    # mammograms have no census, no pipeline is measured, and no such generator is there
    assert not published.of_census(found)
    assert not published.of_pipeline(found)
    assert not published.of_scores(found)
    assert not published.of_metrics(found)


def test_values_of_generators_take_their_models(view):
    found = view(
        printed("3", "generator", "generator_loss", 1.5, generator="dcgan"),
        printed("3", "scores", "plane_explained", 0.48, generator="dcgan"),
    )
    assert published.models(found) == generate.models(found)
    assert published.timed_models(found) == published.models_with_snapshots(found) == []
    assert published.planes(found) == ["dcgan"]


def test_settings_that_are_chosen_are_read_from_the_choice(view):
    rows = [printed("4", "parameters", "batch_size", 8.0, classifier="best")]
    rows.append(printed("4", "search", "accuracy", 0.9, classifier="best", stage="1", split="test"))
    found = view(*rows, study="stages")
    assert published.searches(found) == [("classifiers", "best")]
    assert published.chosen(found) == [("classifiers", "best", 2)]
    assert published.belong_to(found)["chosen"] == [("classifiers", "best")]
    assert published.settings(found)["classifiers"].keys() == {"best"}
    rows = [printed("4", "parameters", "latent_dim", 8.0, generator="retrained")]
    searched = view(*rows, study="search")
    assert published.chosen(searched) == [("generators", "retrained", 2)]
    assert published.settings(searched)["generators"]["retrained"]["base"]["epochs"] == 3


def test_settings_are_asked_for_of_all_that_values_are_measured_on(view):
    rows = [printed("1", "metrics", "accuracy", 0.5, mix="real_only", split="test")]
    found = view(*rows, study="stages")
    settings = published.settings(found)["classifiers"]
    assert list(settings) == found.classifiers
    assert {one["origin"] for one in settings.values()} == {"best"}
    assert {name for _, name in published.belong_to(found)["chosen"]} == set(found.classifiers)
    rows = [printed("1", "metrics", "accuracy", 0.5, mix="m", split="test", classifier="!best")]
    assert "best" not in published.settings(view(*rows, study="stages"))["classifiers"]
    assert published.settings(view(printed("1", "images", "images", 5.0), study="stages")) == {
        "classifiers": {},
        "generators": {},
    }


def test_each_of_the_five_sources_prints_something_of_each_data_set(paper):
    for view in paper.asked:
        assert published.rows(view), view.dataset
        assert published.there(view)["classifiers"] == view.classifiers
    mammograms = paper.view("mammography", "mammograms")
    assert published.has_curves(mammograms)
    assert len(published.shown(mammograms)) == 9


def test_every_published_distance_can_be_computed_at_paper_scale(paper):
    distances = {frechet_name("inception"), kernel_name("inception")}
    found = 0
    for view in paper.asked:
        for row in published.rows(view, "generator", "scores"):
            if row.metric not in distances:
                continue
            found += 1
            assert view.settings.scores.network == "inception", row
            model = (row.generator, row.label or ALL_CLASSES)
            assert model in generate.models(view), row
            if row.of == "generator":
                assert model in generate.models_with_snapshots(view), row
    assert found >= 3  # 49, 60 and 39


def test_the_generators_of_mammography_stop_by_fid(paper):
    view = paper.view("mammography", "mammograms")
    snapshots = generate.settings(view, "stylegan2_ada").snapshots
    assert snapshots.patience is not None
    assert frechet_name(generate.snapshot_network(view, "stylegan2_ada")) == "fid"
