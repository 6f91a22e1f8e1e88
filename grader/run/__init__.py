"""The run: the whole notebook executed top to bottom, and its class trained for a few steps."""
