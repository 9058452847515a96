"""EfficientNet-Lite: facts in `settings`, layers in `model`."""
