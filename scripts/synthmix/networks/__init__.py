"""Networks that classify images or give their features; each is named in `synthmix.registry`."""
