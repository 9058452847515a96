"""What runs a job, whatever it does: logs, checkpoints, devices, time limits, digests of code."""
