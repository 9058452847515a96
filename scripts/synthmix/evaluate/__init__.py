"""From predictions to numbers with their uncertainty. No metric is computed during training."""
