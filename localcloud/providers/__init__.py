"""Stand-ins for the official provider plugins, attached through `plugins.providers[].path`.

A stand-in that accepts what the real provider refuses is a defect: each rule names its source.
"""
