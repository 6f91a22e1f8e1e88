"""The desk: a local web app in which people look at a graded course and decide."""
