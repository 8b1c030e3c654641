"""Waiting until an object is live: one module for each family of kinds.

Source: pulumi-kubernetes `provider/pkg/await/` and `provider/pkg/metadata/overrides.go`.
"""
