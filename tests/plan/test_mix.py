import pytest

from plan_data import changed, view_of
from synthmix.errors import UserError
from synthmix.plan import mix

TENTH = "dcgan-cancer50-normal50-real10"


def test_a_mix_takes_images_of_the_models_of_its_generator_and_real_ones(tmp_path):
    view = view_of("tiny")
    assert mix.names(view) == [TENTH, "real_only-cancer50-normal50"]
    assert mix.stores(view, TENTH, "") == ["real", "dcgan/cancer", "dcgan/normal"]
    assert mix.stores(view, "real_only-cancer50-normal50", "") == ["real"]
    mixes = view.settings.mixes.model_dump() | {"real_shares": [0]}
    none = changed(tmp_path, "tiny", mixes=mixes)
    assert mix.stores(none, "dcgan-cancer50-normal50-real0", "") == ["dcgan/cancer", "dcgan/normal"]
    assert mix.all_stores(none, "dcgan-cancer50-normal50-real0", "")[0] == "real"
    assert mix.all_stores(view, TENTH, "") == mix.stores(view, TENTH, "")


def test_a_mix_of_a_selection_takes_what_that_keeps(tmp_path):
    fewer = {"fewer": {"method": "random_under_sampling"}}
    view = changed(tmp_path, "tiny", selections=fewer)
    assert mix.selection(view, "fewer-cancer50-normal50") == "fewer"
    assert mix.selection(view, TENTH) is None
    assert mix.selection_settings(view, "fewer").method == "random_under_sampling"


def test_names_that_are_not_there_are_messages():
    with pytest.raises(UserError, match=f"no mix 'some' of phantoms, only {TENTH}, real_only"):
        mix.plain(view_of("tiny"), "some")
    with pytest.raises(UserError, match="no selection 'fewer'"):
        mix.selection_settings(view_of("tiny"), "fewer")


def test_all_mixes_are_plain_values_in_their_order(paper):
    for view in paper.asked:
        assert [found["name"] for found in mix.all_plain(view)] == mix.names(view)
        assert all(mix.plain(view, found["name"]) == found for found in mix.all_plain(view))
