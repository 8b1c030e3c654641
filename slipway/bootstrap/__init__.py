"""What an environment with an account needs before its first update, as plain values: names, roles, stack settings."""
