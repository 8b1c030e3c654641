"""A stand-in of GKE's Gateway controller: it says what the real one would say of Gateways, and serves nothing.

Sources: Gateway API specification v1 (conditions and reasons of Gateway, Listener and HTTPRoute; "Cross-Namespace
routing"); GKE documentation, "Deploying Gateways", "Secure a Gateway", "Configure Gateway resources using Policies" and
"GatewayClass capabilities".
"""
