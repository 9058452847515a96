"""What rules ask about images that somebody made elsewhere."""

import pytest

from plan_data import changed
from ready_pools import files, zip_of
from synthmix.leakage import AS_LISTED, NOT_RULED_OUT
from synthmix.mix.plan import ELSEWHERE
from synthmix.plan import generate, mix
from synthmix.plan.generate import Model
from synthmix.search.resolve import Trained

DCGAN = {"model": "dcgan", "latent_dim": 16, "base_channels": 8, "epochs": 1, "batch_size": 8}


@pytest.fixture
def ready(tmp_path):
    """Return a function: the view of the tiny study with ready images."""
    place = zip_of(tmp_path / "pool.zip", files(each=2))
    (tmp_path / "ids.csv").write_text("a\n")

    def view(learned_from="unknown", **more):
        theirs = {"model": "ready_images", "images": str(place), "learned_from": learned_from}
        return changed(tmp_path, "tiny", generators={"ours": DCGAN, "theirs": theirs | more})

    return view


def test_one_model_keeps_them_all_and_takes_no_gpu(ready):
    view = ready()
    assert generate.models(view)[-1] == Model("theirs", "all_classes")
    assert (generate.gpus(view, "theirs"), generate.gpus(view, "ours")) == (0, 1)
    assert (generate.ready(view), generate.is_ready(view, "ours")) == (["theirs"], False)
    assert isinstance(generate.trained(view, "theirs"), Trained)


def test_as_many_are_needed_as_mixes_take_and_more_are_welcome(ready):
    view = ready()
    assert generate.images_needed(view, "theirs", "all_classes") == {"cancer": 18, "normal": 18}
    assert (generate.at_least(view, "theirs"), generate.at_least(view, "ours")) == (100, 0)
    assert generate.truncation(view, "theirs") == 1


def test_what_is_not_known_of_them_is_said_of_their_mixes_alone(ready, tmp_path):
    view = ready()
    theirs = next(name for name, found in view.mixes.items() if found.generator == "theirs")
    ours = next(name for name, found in view.mixes.items() if found.generator == "ours")
    assert mix.leakage_of_ready(view) == {theirs: NOT_RULED_OUT}
    assert (mix.leakage(view, theirs), mix.leakage(view, ours)) == (NOT_RULED_OUT, "none")
    assert (mix.learns_from(view, theirs), mix.learns_from(view, ours)) == (ELSEWHERE, "training")
    assert (generate.origin(view, "theirs"), generate.origins(view)) == ([], [None])
    listed = ready(str(tmp_path / "ids.csv"))
    assert generate.leakage_of_ready(listed) == {"theirs": AS_LISTED}
    assert generate.origins(listed) == generate.origin_files(listed) == [str(tmp_path / "ids.csv")]


def test_a_changed_pool_is_another_one(ready, tmp_path):
    before = generate.ready_state(ready(), "theirs")
    assert before == generate.ready_state(ready(), "theirs")
    zip_of(tmp_path / "pool.zip", files(each=3))
    generate._state.cache_clear()
    assert generate.ready_state(ready(), "theirs") != before
