"""A team's Kustomize directory as a service: rendered as it is, offline, and held to what a team may have."""
