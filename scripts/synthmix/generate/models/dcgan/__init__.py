"""DCGAN: settings in `settings`, networks and training in `model`."""
