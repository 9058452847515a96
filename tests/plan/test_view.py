import pytest

from plan_data import changed, view_of
from synthmix.errors import UserError
from synthmix.figures.catalogue import FIGURES
from synthmix.plan import figures


def test_classifiers_take_volumes_or_pictures():
    volumes, slices = (view_of("volumes", name) for name in ("volumes", "slices"))
    assert (volumes.classifiers, slices.classifiers) == (["cnn_3d"], ["cnn_2d"])
    assert volumes.is_trained
    assert volumes.mixes.keys() == slices.mixes.keys() == {"real_only"}


def test_an_image_takes_what_its_store_has_of_it():
    volume, film = view_of("volumes", "volumes"), view_of("tiny")
    assert (volume.image_values, volume.image_bytes) == (16 * 20 * 16, 2 * 16 * 20 * 16)
    assert film.image_values == film.image_bytes == 32**2
    assert view_of("volumes", "slices").image_bytes == 3 * 32**2


def test_files_of_folds_are_told_apart_where_all_are_tested_on():
    assert view_of("volumes", "slices").folds == ["/fold1", "/fold2", "/fold3"]
    assert view_of("volumes", "slices").fold_count == 3
    assert (view_of("tiny").folds, view_of("tiny").fold_count) == ([""], 0)


def test_what_is_searched_is_known_with_its_candidates():
    view = view_of("search")
    assert {kind for kind, _ in view.searches} == {"generators"}
    assert [name for _, name in view.searches][:3] == ["scored", "adopted", "retrained"]
    assert list(view_of("stages").searches) == [("classifiers", "best")]
    assert sorted(view.candidates.values()).count("scored") == 4
    assert view.candidates.keys() < view.generators_trained.keys()
    assert view.generator_settings["retrained"].epochs == 3
    tried = [name for name, of in view.candidates.items() if of == "retrained"]
    assert [view.generator_settings[name].epochs for name in tried] == [1, 1, 1]


def test_the_baseline_is_the_mix_of_real_images_as_they_are(tmp_path):
    assert view_of("tiny").baseline == "real_only-cancer50-normal50"
    more = changed(tmp_path, "tiny", baselines={"weighted": {"class_weights": "balanced"}})
    assert more.baseline == "real_only-cancer50-normal50"
    assert {"weighted", "real_only"} < more.mixes.keys()


def test_without_mixes_of_real_images_alone_the_first_is_looked_at(tmp_path):
    (tenth,) = (name for name, mix in view_of("tiny").mixes.items() if mix.generator)
    mixes = view_of("tiny").settings.mixes.model_dump(exclude={"generators"})
    view = changed(tmp_path, "tiny", mixes=mixes | {"real_only": False})
    assert list(view.mixes) == [view.baseline] == [tenth]
    drawn = {figure.name for figure in FIGURES if figures.shown(view, figure)}
    assert "plot_mixes" in drawn
    assert "plot_comparison" not in drawn


def test_a_study_without_classifiers_compares_nothing(tmp_path):
    view = changed(tmp_path, "tiny", classifiers={}, mixes=None)
    assert not view.is_trained
    assert view.mixes == {}
    assert view.classifiers == []


def test_published_values_lie_beside_the_study_file(tmp_path):
    assert view_of("tiny").published is None
    (tmp_path / "values.csv").write_text(
        "table,of,dataset,classifier,mix,generator,candidate,stage,split,class,epoch,metric,low,"
        "high,unit,note\n"
    )
    assert changed(tmp_path, "tiny", published="values.csv").published == tmp_path / "values.csv"


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    view = view_of("tiny")
    with pytest.raises(UserError, match=r"tiny has no generator 'gan' of phantoms, only dcgan"):
        view.known("generator", "gan", view.generators_trained)
    with pytest.raises(UserError, match="none at all"):
        view.known("selection", "fewer", view.settings.selections)
