from synthmix.leakage import AS_PUBLISHED, BY_IMAGE, NONE, caution, leakage_of_job


def test_there_is_something_to_say_of_a_leak_alone():
    assert caution(NONE) == ""
    assert caution(BY_IMAGE).startswith("Other images of test patients were seen in training")
    assert caution(AS_PUBLISHED) == ("Test images were seen in training (leakage: as_published)")


def test_what_a_job_has_to_say_ends_with_it():
    assert caution() == ""
    with leakage_of_job(AS_PUBLISHED):
        assert caution() == caution(AS_PUBLISHED)
        with leakage_of_job(NONE):
            assert caution() == ""
    assert caution() == ""
