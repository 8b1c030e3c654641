"""The embedded default of the `local` environment: tools, control plane and stand-in providers.

Reached only by the command line and the tests; nothing above imports it, so production has no trace of it.
"""
