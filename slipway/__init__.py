"""Slipway: ML services on Kubernetes and SageMaker by Git. This package is the command line and its pure core."""
