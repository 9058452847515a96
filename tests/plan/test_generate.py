import pytest

from plan_data import changed, view_of
from synthmix.errors import UserError
from synthmix.plan import generate
from synthmix.plan.generate import Model
from synthmix.plan.search import Choice

DIFFUSION = {"model": "diffusion", "epochs": 1, "num_channels": [32], "attention_levels": [False]}


def candidate_of(view, generator):
    return next(name for name, tried in view.candidates.items() if tried == generator)


def test_a_generator_has_a_model_a_class_or_one_of_all(tmp_path):
    assert generate.models(view_of("tiny")) == [Model("dcgan", "cancer"), Model("dcgan", "normal")]
    joint = changed(tmp_path, "tiny", generators={"joint": DIFFUSION})
    assert generate.models(joint) == [Model("joint", "all_classes")]
    assert generate.learned_classes(joint, "all_classes") == ["cancer", "normal"]
    assert generate.labels(joint, "all_classes") == {"cancer": 0, "normal": 1}
    assert generate.labels(joint, "normal") == {"normal": 0}


def test_models_make_as_many_images_as_the_mix_that_needs_most(tmp_path):
    # 90% of the half that a class has of 40 images, or those that scores look at
    tiny = changed(tmp_path, "tiny", pools={"images": 3})
    assert generate.images_needed(tiny, "dcgan", "cancer") == {"cancer": 18}
    few = changed(tmp_path, "tiny", pools={"images": 50})
    assert generate.images_needed(few, "dcgan", "cancer") == {"cancer": 50}


def test_candidates_make_what_their_search_looks_at_and_share_their_seeds():
    view = view_of("search")
    name = candidate_of(view, "scored")
    assert generate.images_needed(view, name, "normal") == {"normal": 20}
    assert generate.seeded_as(view, name) == generate.seeded_as(view, "scored") == "phantoms/scored"
    assert generate.tried_for(view, "scored") is None
    assert generate.choice(view, "scored") == Choice("generators", "scored", 1)
    assert generate.choice(view, "plain") is None
    assert generate.base(view, name) == generate.base(view, "scored")
    assert generate.own(view, name).keys() == {"learning_rate", "base_channels"}
    assert name not in generate.names(view)


def test_images_are_counted_after_the_split_where_they_fill_up_or_are_added(tmp_path):
    assert not generate.counts_real(view_of("tiny"), "dcgan")
    filled = changed(tmp_path, "search", pools={"fill_to": 30})
    assert generate.fill_to(filled, "plain") == 30
    assert generate.counts_real(filled, "plain")
    assert generate.fill_to(filled, candidate_of(filled, "scored")) is None
    added = changed(tmp_path, "tiny", additions={"fill": [1], "ratios": [0.5]})
    assert [mix["name"] for mix in generate.additions(added, "dcgan")] == [
        *("dcgan-filled", "dcgan-added50"),
    ]
    assert generate.counts_real(added, "dcgan")


def test_snapshots_are_scored_by_the_code_and_the_features_of_scores(tmp_path):
    plain = view_of("tiny")
    settings = plain.settings.generators["dcgan"].model_dump(mode="json", exclude={"search"})
    settings |= {"snapshots": {"every": 5}}
    scored = changed(tmp_path, "tiny", generators={"dcgan": settings})
    assert generate.snapshot_network(plain, "dcgan") is None
    assert generate.snapshot_network(scored, "dcgan") == "own"
    assert generate.training_modules(plain, "dcgan") == generate.modules(plain, "dcgan")
    assert "synthmix.generate.snapshots" in generate.training_modules(scored, "dcgan")
    assert generate.models_with_snapshots(plain) == []
    assert generate.models_with_snapshots(scored) == generate.models(scored)


def test_a_file_of_weights_is_started_from_where_one_is_named(tmp_path):
    assert generate.starts(view_of("tiny"), "dcgan") == []
    assert generate.starts(view_of("search"), "plain") == []


def test_a_generator_that_is_not_there_is_a_message():
    with pytest.raises(UserError, match="tiny has no generator 'gan'"):
        generate.scopes(view_of("tiny"), "gan")


def test_every_model_of_the_five_studies_makes_images(paper):
    for view in paper.asked:
        for generator, scope in generate.models(view):
            needed = generate.images_needed(view, generator, scope)
            assert list(needed) == generate.learned_classes(view, scope)
            assert min(needed.values()) > 0
    assert len(generate.models(paper.view("mammography", "mammograms"))) == 4


ALL_SEEING = {"model": "dcgan", "epochs": 1, "learns_from": "all", "image_size": 128}


def test_a_generator_that_learns_from_all_images_has_one_model_of_no_class(tmp_path):
    """Its images have no class, it has seen the test, and nothing is filled up with them."""
    generators = {"every": ALL_SEEING, "usual": {"model": "dcgan", "epochs": 1}}
    view = changed(
        tmp_path,
        "tiny",
        generators=generators,
        mixes=view_of("tiny").settings.mixes.model_dump() | {"generators": ["usual"]},
        pools={"fill_to": 30},
    )
    assert Model("every", "unlabelled") in generate.models(view)
    assert generate.scopes(view, "usual") == ["cancer", "normal"]
    assert generate.learned_classes(view, "unlabelled") == ["unlabelled"]
    assert generate.made_classes(view, "every") == ["unlabelled"]
    assert generate.made_classes(view, "usual") == ["cancer", "normal"]
    assert generate.images_needed(view, "every", "unlabelled") == {"unlabelled": 100}
    assert generate.leakage(view, "every") == "as_published"
    assert generate.leakage(view, "usual") == "none"
    assert generate.fill_to(view, "every") is None
    assert generate.fill_to(view, "usual") == 30
    assert generate.image_size(view, "every") == 128
    assert generate.any_learns_all(view)
    assert not generate.any_learns_all(view_of("tiny"))
