"""Plain convolutional networks: facts and settings in `settings`, layers in `model`."""
