"""The smoke test of a service: asked of the new release by `slipway up` and `slipway wait`."""
