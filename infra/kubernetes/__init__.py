"""Kubernetes components: what lives in every cluster, and one service of a team."""
