"""DeepSMOTE: settings in `settings`, networks in `networks`, training and sampling in `model`."""
