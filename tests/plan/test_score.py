from plan_data import changed
from synthmix.plan import score


def test_images_are_all_of_the_real_ones_and_some_of_the_others(tmp_path):
    view = changed(tmp_path, "tiny", scores={"weights": "none", "images": 50, "plane_images": 7})
    assert score.images(view, "real") is None
    assert score.images(view, "dcgan/cancer") == 50
    assert score.plane_images(view) == 7
    assert score.features(view) == "own"
