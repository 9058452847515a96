from plan_data import STUDIES, changed, plan_of, view_of
from synthmix.plan import classify, mix, repeats, score

TENTH, REAL = "dcgan-cancer50-normal50-real10", "real_only-cancer50-normal50"
TWICE = {"splits": 2, "generators": 2, "classifiers": 2}


def test_a_study_that_is_done_once_has_paths_without_repeats():
    view = view_of("tiny")
    assert repeats.deals(view) == [("", "", "")]
    assert repeats.runs(view, TENTH) == [("", "", "", "", 1)]
    assert repeats.of_generator(view, "dcgan") == [("", "", "", "")]
    assert repeats.plain(view, TENTH) == [(1, 1, 1)]


def test_a_mix_is_trained_on_in_all_repeats_and_real_images_not_for_each_generator(tmp_path):
    view = changed(tmp_path, "tiny", repeats=TWICE)
    assert len(repeats.runs(view, TENTH)) == 2 * 2 * 2
    assert repeats.plain(view, REAL) == [(1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 1, 2)]
    assert repeats.runs(view, TENTH)[-1] == ("/split2", "", "", ".training2", 2)
    assert len(repeats.predictions(view)) == 8 + 4
    assert len(repeats.of_generator(view, "dcgan")) == 4


def test_folds_of_a_repeat_are_together():
    plan = plan_of(STUDIES / "volumes.yaml", repeats="2")
    view = plan.view("volumes", "slices")
    assert [run.fold for run in repeats.runs(view, "real_only")] == [
        "/fold1",
        "/fold2",
        "/fold3",
    ] * 2
    assert repeats.plain(view, "real_only") == [(1, 1, 1), (2, 1, 1)]
    assert len(repeats.deals(view)) == 6


def test_seeds_follow_from_the_first_unless_they_are_given(tmp_path):
    assert changed(tmp_path, "tiny", repeats=TWICE).seeds == [1, 2]
    assert plan_of(STUDIES / "tiny.yaml", seeds=5, repeats="1,1,3").asked[0].seeds == [5, 6, 7]
    assert plan_of(STUDIES / "tiny.yaml", seeds=[7, 2]).asked[0].seeds == [7, 2]


def test_a_repeat_more_leaves_the_seeds_of_those_before_as_they_are(tmp_path):
    view = changed(tmp_path, "tiny", repeats=TWICE)
    once = view_of("tiny")
    for question, names in (
        (repeats.seed, {"split": ""}),
        (repeats.generator_seed, {"split": "", "training": ""}),
        (repeats.classifier_seed, {"split": "", "seed": "1"}),
    ):
        assert question(view, **names) == question(once, **names) == 1
    assert repeats.classifier_seed(view, "/split2", "1") == repeats.seed(view, "/split2") != 1


def test_real_images_and_what_frozen_networks_make_of_them_lie_above_the_splits(tmp_path):
    view = changed(tmp_path, "tiny", repeats=TWICE)
    places = mix.placed(view, TENTH, "/split2", "", "", ".training2")
    assert places[0] == ("", "", "", "real")
    assert places[1] == ("/split2", "", "", "dcgan.training2/cancer")
    assert [store for *_, store in places] == mix.stores(view, TENTH, ".training2")
    features = classify.features(view, "vgg16", TENTH, "/split2", "", "", ".training2")
    (backbone,) = classify.backbones(view, "vgg16", TENTH)
    assert features == [(backbone, *place) for place in places]


def test_features_to_score_by_are_shared_where_no_split_has_made_them(tmp_path):
    own = changed(tmp_path, "tiny")
    assert score.real_placed(own, "/split2", "/fold1", "") == ("/split2", "/fold1", "")
    downloaded = changed(tmp_path, "tiny", scores={"network": "efficientnet_lite0"})
    assert score.real_placed(downloaded, "/split2", "/fold1", "") == ("", "", "")


def test_a_rehearsal_does_one_of_each():
    paths = [STUDIES / "tiny.yaml"]
    one = plan_of(*paths, scale="rehearsal", repeats="3,2,2").asked[0]
    every = plan_of(*paths, scale="rehearsal", repeats="3,2,2", rehearse="all").asked[0]
    assert [len(repeats.runs(view, TENTH)) for view in (one, every)] == [1, 12]


def test_the_studies_of_the_project_do_everything_once(paper):
    """They say so themselves, so that another default would not change them."""
    for view in paper.asked:
        text = view.file.with_stem(view.study.removesuffix("_as_published") + "_as_published")
        pinned = [line for line in text.read_text().splitlines() if "repeats: {" in line]
        assert len(pinned) == 2, text  # and in the demo
        assert view.settings.repeats.is_one
