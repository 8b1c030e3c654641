"""Kubernetes components: what lives in every cluster, and one service of a team."""

# Loaded here, where importing is one at a time (stacks/__init__.py): the SDK's classes look it up when they are first
# made, by a lazy module that another team's thread may see half loaded ("has no attribute 'ObjectMetaArgs'").
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs as ObjectMetaArgs
