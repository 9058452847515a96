"""VGG16: facts in `settings`, layers in `model`."""
