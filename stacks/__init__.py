"""What each stack of an environment declares: platform, cluster, and one for each team."""
