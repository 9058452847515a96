"""What a model of a generator learns: the images of one class, or those of all."""

# The name of what a joint generator learns, where others have the name of their class.
ALL_CLASSES = "all_classes"

# The label of images that are of no class: real ones that no classifier sees, and those that a
# generator makes which has learned from all images without their labels.
UNLABELLED = "unlabelled"
