"""Sources of raw images; each module is one, a class derived from `base.Dataset`.

`synthmix.registry` names them. `base` says what a source must do, `public` adds what downloaded
data sets have in common, and `embedded` draws small stand-ins for these, in the same layout.
"""
