"""Sources of raw images; each module is one source and is named in `synthmix.registry`.

A source module has

`Settings`
    a `SettingsModel` with `source: Literal["<name>"]`; what a study file may say of it.
    `class_names()` returns the classes it yields, in a fixed order.
`raw_settings(settings) -> dict`
    the settings that the raw files depend on, as plain values. Data sets that agree in these
    share the raw files.
`raw_state(raw_settings) -> str`
    what tells the raw files at their source from changed ones at little cost, computed whenever
    the workflow starts; must not fail when they are not there yet. May be constant.
`fetch(raw_settings, target) -> Path`
    brings the raw files to disk below the folder `target` (made when needed; an earlier,
    broken-off attempt may have left files there) and returns the folder that holds them. Raises
    `UserError` when they can't be had.
`extra_state(settings) -> str`
    the same as `raw_state` for files besides the raw ones that `index` reads; "" without any.
`index(settings, root) -> pandas.DataFrame`
    reads the folder that `fetch` returned and lists its images, sorted by `path`, with columns
    `sample_id` (unique), `path` (relative to `root`, with forward slashes), `label` (a class
    name) and `group` (the patient; images of one group are never split). Opens no image.
"""
