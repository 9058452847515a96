"""ResNet: facts in `settings`, layers in `model`."""
