"""What a model of a generator learns: the images of one class, or those of all."""

# The name of what a joint generator learns, where others have the name of their class.
ALL_CLASSES = "all_classes"
