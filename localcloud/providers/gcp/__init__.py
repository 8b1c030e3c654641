"""The `gcp` stand-in: plays Google's API against a file-based store, so that no account is needed.

`provider.GcpProvider` answers the engine; `schema/` says which fields a type has; `services/` holds each service's
own rules; `store.Store` keeps what exists. `python -m localcloud.providers.gcp` looks at and changes the store.
"""
