"""Sources of raw images; each module is one source and is named in `synthmix.registry`.

A source module has

`Settings`
    a `SettingsModel` with `source: Literal["<name>"]`; what a study file may say of it.
    `class_names()` returns the classes it yields, in a fixed order.
`fetch(settings, target) -> Path`
    brings the raw files to disk below the folder `target` (made when needed; an earlier,
    broken-off attempt may have left files there) and returns the folder that holds them. Raises
    `UserError` when they can't be had.
`index(settings, root) -> pandas.DataFrame`
    reads the folder that `fetch` returned and lists its images, sorted by `path`, with columns
    `sample_id` (unique), `path` (relative to `root`, with forward slashes), `label` (a class
    name) and `group` (the patient; images of one group are never split). Opens no image.
`state(settings) -> str`
    what tells the raw data from changed raw data at little cost, computed whenever the workflow
    starts; must not fail when the data is not there yet.
`raw_name(settings) -> str`
    the folder's name below `data_dir`; two studies that name the same raw data share it.
"""
