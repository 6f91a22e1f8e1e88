"""Grade a course on the nodes of a Dask cluster; only who asked for it writes anything."""
