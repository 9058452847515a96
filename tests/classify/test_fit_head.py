import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from synthmix.classify.fit_head import fit_head
from synthmix.classify.settings import Classifier
from synthmix.errors import UserError
from synthmix.networks.heads import build_head

SEED = 1


def digits(classes):
    images, labels = load_digits(n_class=classes, return_X_y=True)
    # values of one pixel in the corner are all the same
    features = (images + np.arange(64)).astype(np.float32)
    return features[:200], labels[:200], features[200:300]


def fitted(head, classes, features, labels, weights=None, **settings):
    described = Classifier(network="vgg16", unfrozen_layers=0, head=head, **settings)
    described = described.model_dump(mode="json")
    built = build_head(described, features.shape[1], classes)
    fit_head(built, described, features, labels, weights, SEED)
    return built.requires_grad_(False)


def probabilities(head, features):
    return head(torch.from_numpy(features)).softmax(1).numpy()


def logistic_regression(penalty, weights):
    named = None if weights is None else dict(enumerate(weights))
    return LogisticRegression(C=1 / penalty, max_iter=2000, class_weight=named)


def svm(penalty, weights):
    named = None if weights is None else dict(enumerate(weights))
    model = LinearSVC(C=1 / penalty, max_iter=2000, class_weight=named, random_state=SEED)
    parts = StratifiedKFold(5, shuffle=True, random_state=SEED)
    return CalibratedClassifierCV(model, cv=parts, ensemble=False)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize(
    ("head", "theirs"), [("logistic_regression", logistic_regression), ("svm", svm)]
)
def test_its_probabilities_are_scikit_learns(head, theirs, classes, weighted):
    train, labels, test = digits(classes)
    weights = np.linspace(0.5, 2, classes) if weighted else None
    ours = fitted(head, classes, train, labels, weights, l2_penalty=0.5)
    deviations = StandardScaler().fit(train)
    model = theirs(0.5, weights).fit(deviations.transform(train), labels)
    expected = model.predict_proba(deviations.transform(test))
    np.testing.assert_allclose(probabilities(ours, test), expected, atol=2e-4)
    assert expected.std() > 0.1


@pytest.mark.parametrize("classes", [2, 5])
def test_nearest_neighbours_are_scikit_learns(classes):
    train, labels, test = digits(classes)
    ours = fitted("nearest_neighbours", classes, train, labels, neighbours=3)
    theirs = make_pipeline(StandardScaler(), KNeighborsClassifier(3)).fit(train, labels)
    np.testing.assert_allclose(probabilities(ours, test), theirs.predict_proba(test), atol=1e-3)


def test_neighbours_are_kept_with_the_weights(tmp_path):
    train, labels, test = digits(3)
    ours = fitted("nearest_neighbours", 3, train, labels)
    save_file(ours.state_dict(), tmp_path / "w.safetensors")
    described = Classifier(network="vgg16", unfrozen_layers=0, head="nearest_neighbours")
    again = build_head(described.model_dump(mode="json"), 64, 3)
    again.load_state_dict(load_file(tmp_path / "w.safetensors"))
    assert torch.equal(again(torch.from_numpy(test)), ours(torch.from_numpy(test)))


def test_more_neighbours_than_images_are_all_of_them():
    train, _, test = digits(2)
    ours = fitted("nearest_neighbours", 2, train[:4], np.array([0, 0, 0, 1]), neighbours=9)
    np.testing.assert_allclose(probabilities(ours, test), [[0.75, 0.25]] * len(test), atol=1e-3)


def test_an_svm_needs_two_images_of_each_class():
    train, labels, _ = digits(3)
    few = [*np.flatnonzero(labels < 2)[:20], np.flatnonzero(labels == 2)[0]]
    with pytest.raises(UserError, match="svm needs two training images of each class"):
        fitted("svm", 3, train[few], labels[few])
