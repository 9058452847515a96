"""Results that working folders, studies and users share under --cache: profiles/README.md."""

from snakemake.caching.rule import RuleCache

# Deterministic and expensive. Raw data are shared by `data_dir`.
SHARED = [
    "fetch_weights",
    "fetch_score_weights",
    "prepare_images",
    "train_score_network",
    "extract_score_features",
    "train_generator",
    "sample_generator",
    "extract_features",
    "train_classifier",
]

# None without --cache; empty where that names no rules
if workflow.workflow_settings.cache is not None:
    for name in workflow.workflow_settings.cache or SHARED:
        if name not in SHARED:
            raise WorkflowError(
                f"--cache {name}: no such rule shares its results; these do:"
                f" {', '.join(SHARED)}"
            )
        shared = workflow.get_rule(name)
        # what comes from a cache has taken no time: Snakemake shares no rule with a benchmark
        shared._benchmark = None
        shared.cache = RuleCache.from_rule(shared, True)
