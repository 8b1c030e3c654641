"""Small rules by themselves."""

from __future__ import annotations

from localcloud.providers.gcp import names, principals, ranges
from localcloud.providers.gcp.services import storage


def test_small_rules() -> None:
    assert ranges.gateway("10.0.0.0/20") == "10.0.0.1"
    assert ranges.nodes_by_pod_range("10.4.0.0/14", 110) == 1024
    assert ranges.nodes_by_pod_range("10.4.0.0/25", 110) == 0
    assert storage.crc32c(b"123456789") == 0xE3069283
    assert names.bucket_refusal("a." + "b" * 64)
    assert not principals.member_refusal("serviceAccount:123-compute@developer.gserviceaccount.com")
    assert principals.role_refusal("roles/storage admin")
