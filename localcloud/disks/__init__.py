"""A stand-in of GKE's driver for persistent disks: it says that there is a disk, and there is none.

What pods would write to it is nowhere. Claims, their binding to volumes and what outlives what are Kubernetes' own.
"""
