"""Read submissions: the notebook, the part of it that the class needs, the rules it keeps."""
