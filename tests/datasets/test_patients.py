"""Whose image it is: one rule for every source."""

import pytest

from synthmix.datasets.patients import Named, is_nobody, known_patient, patients_of
from synthmix.errors import UserError

NOBODY = (
    *("", " ", "\u200b", "-", "--", "—", "?", "???", ".", "_", "*", "NA", "n/a", "N.A.", "#N/A"),
    *("<NA>", "nan", "NaN", "None", "NULL", "nil", "unknown", "UNKNOWN ", "[Unknown]", "unk"),
    *("Unknown_Patient", "not available", "not-known", "ANONYMOUS", "anonymous^patient", "Anonym"),
    *(
        "anonymized",
        "Anonymised",
        "de-identified",
        "missing",
        "empty",
        "(blank)",
        "\uff2e\uff21",
        "-1",
    ),
    *("-999.0", "#REF!", "unbekannt", "Desconocido", "inconnu", "不明", "\ufeffnone", "xxx"),
)
SOMEBODY = (
    *("0", "007", "1", "P1", "NA1", "N1", "Nan Li", "Anna", "ANON-17", "unknown_3", "-17", "1-1"),
    *("Nulle", "patient 5", "张伟", "Ж-3", "X", "-10", "Noneman"),
)


@pytest.mark.parametrize("text", NOBODY)
def test_words_for_nobody(text):
    assert is_nobody(text)
    assert known_patient(text) == ""


@pytest.mark.parametrize("text", SOMEBODY)
def test_words_for_somebody(text):
    assert not is_nobody(text)
    assert known_patient(text) == text


@pytest.mark.parametrize(
    ("written", "patient"),
    [
        *(("P1 ", "P1"), ("\u00a0P1\u3000", "P1"), ("\ufeffP1", "P1"), ("P\u200b1\0", "P1")),
        *(("Mu\u0308ller", "M\u00fcller"), ("P \t 1", "P 1"), ("007", "007"), ("7.0", "7.0")),
    ],
)
def test_names_are_text_without_what_can_not_be_seen(written, patient):
    assert known_patient(written) == patient


def named(*patients, labels=("sick", "well")):
    """Return an image a patient, of the classes in turn."""
    return [
        Named(f"{number}.png", labels[number % len(labels)], patient)
        for number, patient in enumerate(patients)
    ]


def ask(images, unknown="fail", known=()):
    return patients_of(images, unknown, known, "patients: p.csv", "Mend it")


def test_images_of_nobody_are_refused_and_counted():
    images = [*named("P1", "NA", "na", "P2", ""), Named("x.png", "sick", "", "no row names it")]
    with pytest.raises(UserError) as error:
        ask(images)
    assert str(error.value).startswith(
        "patients: p.csv: 4 of 6 images have no patient that is known: 'NA' is no patient (1 image,"
        " such as 1.png); 'na' is no patient (1 image, such as 2.png); nothing is said (1 image, "
        "such as 4.png); no row names it (1 image, such as x.png). Mend it; or set "
        "unknown_patients: each_image"
    )


def test_each_of_them_may_be_a_patient_of_its_own(caplog):
    groups = ask(named("P1", "NA", "P1 ", "NA", "-"), "each_image")
    assert groups == ["P1", "1.png", "P1", "3.png", "4.png"]
    assert "3 of 5 images have no patient that is known" in caplog.text
    assert "a patient of its own" in caplog.text


def test_a_value_may_be_known_to_name_somebody():
    assert ask(named("NA", "P1", "NA "), known=["NA"]) == ["NA", "P1", "NA"]


OTHERS = ("P1", "P2", "P3", "P4", "P5")


class TestGiants:
    def test_one_value_of_many_images_in_two_classes_is_nobody(self):
        images = named("0", "0", *OTHERS)
        with pytest.raises(UserError, match=r"'0' is no patient, too many in several classes"):
            ask(images)
        assert ask(images, "each_image") == ["0.png", "1.png", *OTHERS]
        assert ask(images, known=["0"]) == ["0", "0", *OTHERS]

    def test_among_few_patients_anyone_may_have_many(self):
        assert ask(named("0", "0", *OTHERS[1:])) == ["0", "0", *OTHERS[1:]]

    def test_a_fifth_of_the_images_is_not_too_much(self):
        patients = ["0", "0", *OTHERS, "P6", "P7", "P8"]
        assert ask(named(*patients)) == patients

    def test_one_value_of_all_images_is_nobody(self):
        with pytest.raises(UserError, match=r"4 of 4 .*'0' is no patient, too many"):
            ask(named("0", "0", "0", "0"))
        assert ask(named("0", "0"), "each_image") == ["0.png", "1.png"]
        assert ask(named("0", "0"), known=["0"]) == ["0", "0"]

    def test_most_images_of_few_patients_are_told(self, caplog):
        assert ask(named("0", "0", "0", "P1")) == ["0", "0", "0", "P1"]
        assert "one patient, '0', has 3 of 4 images" in caplog.text

    def test_one_class_is_told_alone(self, caplog):
        images = named("0", "x1", "0", "x2", "0", "x3", "x4", "x5")
        assert [group for group in ask(images) if group == "0"] == ["0"] * 3
        assert "one patient, '0', has 3 of 8 images" in caplog.text


@pytest.mark.parametrize(
    ("patients", "alike"),
    [
        (("007", "7", "8"), "'007' and '7'"),
        (("p1", "P1", "P2"), "'P1' and 'p1'"),
        (("P-1", "P_1", "P2"), "'P-1' and 'P_1'"),
        (("7.0", "7", "8"), "'7' and '7.0'"),
        (("1-11", "11-1", "111"), None),
        (("P10", "P1", "P100"), None),
    ],
)
def test_patients_that_look_alike_are_told_and_two(caplog, patients, alike):
    assert ask(named(*patients)) == list(patients)
    assert (f"2 patients are called nearly as another is, such as {alike}" in caplog.text) == (
        alike is not None
    )


def test_numbers_that_a_spreadsheet_has_rounded_are_told(caplog):
    assert ask(named("1.23E+14", "1,23e+14", "7")) == ["1.23E+14", "1,23e+14", "7"]
    assert "2 patients are called by numbers that a spreadsheet has rounded" in caplog.text
    caplog.clear()
    ask(named("1E5", "1.5", "E+14"))
    assert "rounded" not in caplog.text
