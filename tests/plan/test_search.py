import pytest

from plan_data import view_of
from synthmix.errors import UserError
from synthmix.plan import search
from synthmix.plan.search import Searched

OF_BEST = ("classifiers", "best")
SCORED = ("generators", "scored")


def test_a_search_has_stages_with_candidates_each():
    view = view_of("stages")
    assert search.all_searched(view) == [Searched(*OF_BEST)]
    assert search.stages(view, *OF_BEST) == [1, 2]
    names = [search.candidate_names(view, *OF_BEST, stage) for stage in ("1", "2")]
    assert [len(found) for found in names] == [4, 2]
    assert search.all_candidates(view, *OF_BEST) == names[0] + names[1]
    assert search.choices(view, *OF_BEST, "1").keys() == set(names[0])
    assert [search.before(view, *OF_BEST, stage) for stage in ("1", "2")] == [None, 1]


def test_candidates_are_judged_by_predictions_or_scores_or_losses():
    view = view_of("search")
    adopted = ("generators", "adopted")
    assert search.judge(view_of("stages"), *OF_BEST) == "predictions"
    assert (search.judge(view, *SCORED), search.judge(view, *adopted)) == ("scores", "losses")
    assert search.score(view_of("stages"), *OF_BEST) == "auc"
    assert search.score(view, *SCORED) == "frechet_distance_own_features"
    assert search.score(view, *adopted) == "reconstruction_loss"
    modules = {search.judge_modules(view, *found)[0] for found in (SCORED, adopted)}
    assert len(modules) == 2


def test_only_classifiers_predict_test_images():
    view = view_of("stages")
    assert search.tested(view, *OF_BEST) == search.all_candidates(view, *OF_BEST)
    assert search.scorer(view, "classifiers")["classes"] == view.classes
    assert search.tested(view_of("search"), *SCORED) == []
    assert search.scorer(view_of("search"), "generators") == {}


def test_the_last_stage_of_a_generator_is_adopted_from():
    view = view_of("search")
    assert search.adoptable(view, "adopted") == search.all_candidates(view, "generators", "adopted")


def test_what_is_not_searched_is_a_message():
    with pytest.raises(UserError, match="tiny searches no settings of dcgan in generators"):
        search.stages(view_of("tiny"), "generators", "dcgan")
    with pytest.raises(UserError, match="the search of best has no stage 3"):
        search.candidates(view_of("stages"), *OF_BEST, "3")
