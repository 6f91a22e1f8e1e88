"""Frozen results, and writers: each a pure function from a result to text."""
