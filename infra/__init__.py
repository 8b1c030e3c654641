"""Pulumi components. None reads a file: a component takes plain values and other resources' outputs."""
