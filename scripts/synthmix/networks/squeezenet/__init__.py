"""SqueezeNet: facts in `settings`, layers in `model`."""
