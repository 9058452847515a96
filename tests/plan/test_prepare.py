from plan_data import changed, view_of
from synthmix.plan import prepare
from synthmix.readers.raw_image import MOST_PIXELS


def test_what_is_absent_is_none_or_as_usual(tmp_path):
    view = view_of("tiny")
    assert prepare.subsample(view) is prepare.test_sample(view) is None
    assert prepare.input_pipeline(view).images == 500
    sample = {"images": 10, "class_shares": {"cancer": 0.5, "normal": 0.5}}
    more = changed(tmp_path, "tiny", test_sample=sample, input_pipeline={"images": 4})
    assert prepare.test_sample(more) == sample
    assert prepare.input_pipeline(more).images == 4
    assert more.measures_pipeline
    assert not view.measures_pipeline


def test_drawn_images_are_told_from_real_ones(paper):
    assert prepare.is_stand_in(view_of("tiny"))
    assert not any(prepare.is_stand_in(view) for view in paper.asked)


def test_a_raised_limit_of_pixels_asks_for_memory(tmp_path):
    assert prepare.larger_image_bytes(view_of("tiny")) == 0
    raised = {"image_size": 16, "max_pixels": 750_000_000}
    view = changed(tmp_path, "tiny", prepare=raised)
    assert prepare.larger_image_bytes(view) == 8 * (750_000_000 - MOST_PIXELS)
