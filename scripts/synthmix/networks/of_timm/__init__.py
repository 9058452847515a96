"""Every network of timm, by its name there: facts in `settings`, layers in `model`."""
