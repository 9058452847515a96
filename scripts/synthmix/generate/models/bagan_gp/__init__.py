"""BAGAN-GP: settings in `settings`, networks in `networks`, losses and training in `model`."""
