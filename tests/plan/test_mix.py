import pytest

from plan_data import ROOT, changed, plan_of, view_of
from synthmix.errors import UserError
from synthmix.plan import mix

STUDIES_THERE = sorted(file.stem for file in (ROOT / "studies").glob("*.yaml"))
TENTH = "dcgan-cancer50-normal50-real10"


def test_a_mix_takes_images_of_the_models_of_its_generator_and_real_ones(tmp_path):
    view = view_of("tiny")
    assert mix.names(view) == [TENTH, "real_only-cancer50-normal50"]
    assert mix.stores(view, TENTH, "") == ["real", "dcgan/cancer", "dcgan/normal"]
    assert mix.stores(view, "real_only-cancer50-normal50", "") == ["real"]
    assert mix.all_stores(view, TENTH, "") == mix.stores(view, TENTH, "")


def test_a_mix_without_real_images_takes_those_that_it_is_validated_on(tmp_path):
    name, synthetic = "dcgan-cancer50-normal50-real0", ["dcgan/cancer", "dcgan/normal"]
    mixes = view_of("tiny").settings.mixes.model_dump() | {"real_shares": [0]}
    validated_on_real = changed(tmp_path, "tiny", mixes=mixes)
    assert mix.stores(validated_on_real, name, "") == ["real", *synthetic]
    mixes |= {"validation": "mixed", "validation_images": 10}
    mixed = changed(tmp_path, "tiny", mixes=mixes)
    assert mix.stores(mixed, name, "") == synthetic
    assert mix.all_stores(mixed, name, "") == ["real", *synthetic]


@pytest.mark.parametrize("scale", ["paper", "demo"])
def test_every_mix_of_every_study_has_the_stores_of_all_its_images(scale):
    plan = plan_of(*STUDIES_THERE, scale=scale)
    for view in plan.views.values():
        counts = {label: 100 + 50 * number for number, label in enumerate(view.classes)}
        real = {"train": counts, "validation": counts}
        for name, each in view.mixes.items():
            if each.generator is None:
                continue
            images = [n for classes in each.counts(real).values() for n in classes.values()]
            taken = {origin for n in images for origin, count in n.items() if count}
            stores = mix.stores(view, name, "")
            assert ("real" in stores) == ("real" in taken), (view.study, name)
            assert (len(stores) > ("real" in stores)) == ("synthetic" in taken), (view.study, name)


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
