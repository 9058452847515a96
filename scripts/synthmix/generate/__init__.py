"""Training generators and drawing pools of synthetic images from them."""
