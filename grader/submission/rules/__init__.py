"""The rules that a submission keeps or breaks: one module a rule."""
