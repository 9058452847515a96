"""Fine-tuning classifiers and having them predict."""
