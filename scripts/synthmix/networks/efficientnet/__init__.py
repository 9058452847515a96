"""EfficientNet: facts in `settings`, layers in `model`."""
