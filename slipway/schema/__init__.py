"""What people write: manifests and environments, as typed, frozen values. Field descriptions are the reference docs."""
