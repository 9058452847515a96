from plan_data import changed
from synthmix.plan import mix, score


def test_images_are_all_of_the_real_ones_and_some_of_the_others(tmp_path):
    view = changed(tmp_path, "tiny", scores={"network": "own", "images": 50, "plane_images": 7})
    assert score.images(view, "real") is None
    assert score.images(view, "dcgan/cancer") == 50
    assert score.plane_images(view) == 7
    assert score.network(view) == "own"


def test_all_generators_are_scored_by_what_any_of_them_learned_from(tmp_path):
    view = changed(tmp_path, "tiny")
    assert (score.seen(view), score.unseen(view)) == (["train"], ["test", "validation"])
    generators = {
        "dcgan": {"model": "dcgan", "epochs": 1, "learns_from": "training_and_validation"}
    }
    view = changed(tmp_path, "tiny", generators=generators)
    assert (score.seen(view), score.unseen(view)) == (["train", "validation"], ["test"])
    assert mix.learns_from(view, "dcgan-cancer50-normal50-real10") == "training_and_validation"
    assert mix.learns_from(view, "real_only-cancer50-normal50") == "training"
