"""How good a generator's images are: how like the real ones, how varied, and whether copied."""
