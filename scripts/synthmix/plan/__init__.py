"""What the rules ask about studies: `plan.Plan` has the views, a module a stage the questions.

A question is a function of a view and of the wildcards that it names; `ask` answers it for a job.
Nothing here reads results, and nothing imports torch: Snakemake plans its jobs with it.
"""
