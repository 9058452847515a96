"""Sources of raw images; each module that `synthmix.registry` names is one, a kind of `Dataset`.

`base` says what a source must do, `public` adds what downloaded data sets have in common. What
users bring along is read alike for all: `tables` (`delimited` text or `workbooks`), `file_names`,
`labels` and `patients`.
"""
