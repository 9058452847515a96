"""Small stand-ins for published data sets, drawn or varied here, in their true layout.

They let the workflow be tried without a download and its readers be the true ones. Each module
has `Embedded`, the settings of its images, and `write(embedded, root)`, which writes the tree.
"""
