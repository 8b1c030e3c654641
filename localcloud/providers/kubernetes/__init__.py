"""The stand-in for the official `kubernetes` provider plugin (pulumi-kubernetes 4.34).

It follows the plugin's rules (pulumi/pulumi-kubernetes, `provider/pkg`): objects are created by POST, updated by
server-side apply with a field manager of their own, compared by their inputs, and awaited until they are live.
Where it does less than the plugin it refuses with the reason, never in silence.
"""
