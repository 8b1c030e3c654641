"""Drives Pulumi's engine by its Automation API. The only part of `slipway` that imports pulumi."""
