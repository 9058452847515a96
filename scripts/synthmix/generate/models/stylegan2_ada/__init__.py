"""StyleGAN2-ADA: settings in `settings`, networks in `networks`, training in `model`."""
