"""Small stand-ins for published data sets, drawn or varied here, in their true layout.

They let the workflow be tried without a download and its readers be the true ones. Each stand-in
is a module with `Embedded`, the type of a data set's setting `embedded`, derived from
`base.StandIn`: nothing else of the project knows of them. Most draw by a module of their own,
`<...>_drawing`, imported only then: scipy and other libraries that take long to load are not needed
to read a study.
"""
