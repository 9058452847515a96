"""Classifier networks; each module is one and is named in `synthmix.registry`."""

# How many layers `unfrozen_layers` can count. It stands here so that a study can be checked
# without torch; of a network that is missing here the number is not checked.
CONVOLUTIONAL_LAYERS = {"vgg16": 13}
