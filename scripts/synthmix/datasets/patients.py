"""Whose image it is: one rule for every source.

What names a patient is text: never read as a number, with nothing invisible and no space around it.
What stands for an unknown patient names nobody, or all those images would be one giant patient's.
"""

import logging
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from synthmix.datasets.texts import letters_of, some, tidied
from synthmix.errors import UserError
from synthmix.raw_names import raw_file

LOGGER = logging.getLogger(__name__)
GIANT_SHARE = 0.2  # of the images, of one value in several classes
LEAST_OTHERS = 5  # patients beside it: among fewer anyone may have so many images
_LARGE_SHARE = 0.5  # among fewer, that is told

UnknownPatients = Literal["fail", "each_image"]
UNKNOWN_PATIENTS = (
    "What to do where patients are named, but not that of every image (nothing, NA, unknown,"
    " anonymous, or one value for many images of several classes): fail, or each_image: each such"
    " image is a patient of its own."
)
KNOWN_PATIENTS = "Values that name a patient though they look like none, such as NA for initials."

# Words that fill a field where nothing is known, by their letters and digits alone.
_WORDS = """
na nan nat none null nil void empty blank missing nothing absent nd tbd tba notavailable
notapplicable notknown notspecified notprovided notgiven notrecorded notreported unavailable
unknown unk unkn unknownid unknownpatient unknownsubject unknownname patientunknown unnamed
unspecified unidentified undefined undetermined unassigned noid noname nopatient nopatientid
nodata novalue anonymous anonymouspatient anonymoussubject anonymousid patientanonymous anonym
anon anonpatient anonymized anonymised anonymizedpatient anonymisedpatient anonymizedid
anonymisedid anonymize anonymise deidentified deidentifiedpatient pseudonymized pseudonymised
removed redacted withheld masked hidden deleted default dummy placeholder xx xxx xxxx xxxxx
unbekannt anonymisiert desconocido desconocida anónimo anónima anonimo anonima anonimizado
anonimizada ninguno sindatos inconnu inconnue anonyme anonymisé aucun sconosciuto sconosciuta
anonimizzato desconhecido desconhecida anônimo onbekend okänd ukjent ukendt nieznany neznámý
неизвестно неизвестный 不明 未知 匿名 无名 無名 불명 익명
"""
_NOBODY = frozenset(_WORDS.split())
# a long number as spreadsheets show it, which is all that they export of it
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
# what programs write in the place of a value
_NO_VALUE = re.compile(r"-(1|9+)(\.0*)?|#(REF!|VALUE!|NAME\?|NUM!|DIV/0!)")


@dataclass(frozen=True)
class Named:
    """What a source says of the patient of one of its images."""

    path: str
    label: str
    patient: str
    """As it stands there; empty where there is nothing."""
    lacking: str = ""
    """Why there is nothing, where that is known."""


def is_nobody(text: str) -> bool:
    """Return whether `text` stands for an unknown patient: NA, unknown, anonymous, -, nothing."""
    letters = letters_of(text)
    written = unicodedata.normalize("NFKC", tidied(text))
    return not letters or letters in _NOBODY or bool(_NO_VALUE.fullmatch(written))


@lru_cache(maxsize=1 << 16)
def known_patient(text: str) -> str:
    """Return whom `text` names, tidied, or "" where that is nobody."""
    return "" if is_nobody(text) else tidied(text)


def patients_of(
    images: Sequence[Named],
    unknown: UnknownPatients,
    known: Sequence[str],
    where: str,
    advice: str,
) -> list[str]:
    """Return the patient of each image.

    Nobody knows the patient of an image that has a word of `is_nobody` for one, or a value that
    more than `GIANT_SHARE` of the images have in several classes, beside at least `LEAST_OTHERS`
    patients, or all images; but the values in `known` name one in any case. With `unknown`
    each_image each such image is a patient of its own, which is told; else raises `UserError`,
    which counts them, says `where` patients are named and gives the `advice` how to name them.
    """
    sure = {tidied(value) for value in known}
    named = [tidied(image.patient) for image in images]
    patients = [text if text in sure else known_patient(text) for text in named]
    giants = _giants(images, patients) - sure
    patients = ["" if patient in giants else patient for patient in patients]
    lacking: dict[str, list[str]] = defaultdict(list)
    for image, text, patient in zip(images, named, patients, strict=True):
        if not patient:
            lacking[_reason(image, text, giants)].append(image.path)
    _tell_of_look_alikes(set(patients) - {""}, where)
    _tell_of_rounded(set(patients), where)
    if not lacking:
        return patients
    listed = _listed(lacking)
    count = sum(map(len, lacking.values()))
    said = f"{where}: {count} of {len(images)} images have no patient that is known: {listed}"
    if unknown == "fail":
        raise UserError(
            f"{said}. {advice}; or set unknown_patients: each_image, by which each of these images "
            "is a patient of its own; or list what does name a patient in known_patients"
        )
    LOGGER.warning("%s. Each of them counts as a patient of its own", said)
    return [patient or image.path for image, patient in zip(images, patients, strict=True)]


def dicom_patient(root: Path, path: str) -> tuple[str, str]:
    """Return whose a DICOM file below `root` is, and why nobody's; see `Named`."""
    from synthmix.readers.dicom import patient_of

    file = raw_file(root, path)
    # what is not there is no image: preparing rejects it, whoever it is
    return patient_of(file) if file.is_file() else (path, "")


def folder_patients(inside: Sequence[str], classes: Sequence[str], within_class: bool) -> list[str]:
    """Return the folder that each image's patient is called by, "" where it lies in none.

    `inside` are the paths below the class folders, `classes` the class of each. A patient's
    folder is the first below the class folder, whatever lies in it. The same name below several
    classes is one patient, which is told; or with `within_class` one a class. Raises `UserError`
    where no image lies in such a folder, or all in a single one.
    """
    names = [path.split("/")[0] if "/" in path else "" for path in inside]
    folders = set(names) - {""}
    if not folders:
        raise UserError(
            "patients: folder takes each folder below a class folder for a patient, but the images "
            "lie in the class folders themselves; set patients to image or to the path of a CSV"
        )
    if len({tidied(name) for name in folders}) == 1 and len(inside) > 1:
        (name,) = {tidied(name) for name in folders}
        raise UserError(
            f"patients: folder takes each folder below a class folder for a patient, and the only "
            f"one is {name}: where the folders of patients lie in that, name it in classes "
            f"(CLASS/{name}), else set patients to image or to the path of a CSV"
        )
    if within_class:
        return [
            name if is_nobody(name) else f"{label}/{name}"
            for name, label in zip(names, classes, strict=True)
        ]
    _tell_of_shared_folders(names, classes)
    return names


def _tell_of_shared_folders(names: Sequence[str], classes: Sequence[str]) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for name, label in zip(names, classes, strict=True):
        if not is_nobody(name):
            owners[tidied(name)].add(label)
    shared = sorted(name for name, labels in owners.items() if len(labels) > 1)
    if shared:
        LOGGER.warning(
            "patients: folder: %d patients have folders below several classes, such as %s, and each"
            " counts as one patient; where the same name means another patient in another class, "
            "set patients: folder_in_class",
            len(shared),
            some(shared),
        )


def _giants(images: Sequence[Named], patients: Sequence[str]) -> set[str]:
    """Return the values that too many images of several classes have to name one patient."""
    counted = Counter(patients)
    unknown = counted.pop("", 0)
    classes: dict[str, set[str]] = defaultdict(set)
    for image, patient in zip(images, patients, strict=True):
        classes[patient].add(image.label)
    if len(counted) == 1 and not unknown:  # all images: there is nothing to split
        return {patient for patient in counted if len(classes[patient]) > 1}
    many = len(counted) > LEAST_OTHERS
    share = GIANT_SHARE if many else _LARGE_SHARE
    large = {patient for patient in counted if counted[patient] > share * len(images)}
    giants = {patient for patient in large if many and len(classes[patient]) > 1}
    for patient in sorted(large - giants):
        LOGGER.warning(
            "one patient, %r, has %d of %d images: if that names nobody, leave it empty",
            *(patient, counted[patient], len(images)),
        )
    return giants


def _reason(image: Named, text: str, giants: set[str]) -> str:
    if not text:
        return image.lacking or "nothing is said"
    why = ", too many in several classes to be one patient's" if text in giants else ""
    return f"{text!r} is no patient{why}"


def _listed(lacking: Mapping[str, Sequence[str]]) -> str:
    most = sorted(lacking.items(), key=lambda item: -len(item[1]))
    parts = [
        f"{reason} ({len(paths)} image{'s' * (len(paths) > 1)}, such as {some(paths, 2)})"
        for reason, paths in most
    ]
    return "; ".join(parts[:5]) + ("; ..." if len(parts) > 5 else "")


def _tell_of_look_alikes(patients: set[str], where: str) -> None:
    alike: dict[str, list[str]] = defaultdict(list)
    for patient in sorted(patients):
        alike[_roughly(patient)].append(patient)
    several = [names for names in alike.values() if len(names) > 1]
    if several:
        LOGGER.warning(
            "%s: %d patients are called nearly as another is, such as %s, and count as different "
            "ones: if they are the same, write them alike",
            where,
            sum(map(len, several)),
            " and ".join(map(repr, several[0][:3])),
        )


def _tell_of_rounded(patients: set[str], where: str) -> None:
    rounded = sorted(filter(_ROUNDED.fullmatch, patients))
    if rounded:
        LOGGER.warning(
            "%s: %d patients are called by numbers that a spreadsheet has rounded, such as %s: "
            "different patients may count as one; export them as text",
            *(where, len(rounded), some(rounded)),
        )


def _roughly(patient: str) -> str:
    """Return the name without what people write in several ways: letter case, zeros, signs."""
    whole = re.sub(r"^(\d+)\.0+$", r"\1", unicodedata.normalize("NFKC", patient).casefold())
    words = re.sub(r"[\W_]+", " ", whole).strip()
    return re.sub(r"(?<!\d)0+(?=\d)", "", words)
