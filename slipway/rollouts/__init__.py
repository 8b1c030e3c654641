"""The rollout compiler: one `rollout:` block, compiled to the controller that runs it best. Pure functions."""
