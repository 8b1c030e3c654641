"""The functions that are offered, and the refusal of the others."""

from __future__ import annotations

import base64

import pytest

from localcloud.providers.gcp.services.cluster import VERSION
from localcloud.providers.model import ProviderError
from tests.support.gcp import BUCKET, OBJECT, PROJECT, REGION, Cloud

_CONTENT = "gcp:storage/getBucketObjectContent:getBucketObjectContent"


def test_object_content(cloud: Cloud) -> None:
    cloud.build(BUCKET, OBJECT)
    found = cloud.provider.invoke(_CONTENT, {"bucket": "demo-models", "name": "a/b"})
    assert found["content"] == "hello"
    assert base64.b64decode(found["contentBase64"]) == b"hello"
    assert found["md5hash"]


def test_object_content_that_is_not_there(cloud: Cloud) -> None:
    words = "Error downloading storage bucket object: googleapi: Error 404: "
    with pytest.raises(ProviderError, match=words + "The specified bucket does not exist"):
        cloud.provider.invoke(_CONTENT, {"bucket": "demo-models", "name": "a"})
    cloud.create(BUCKET)
    with pytest.raises(ProviderError, match=words + "No such object: demo-models/a"):
        cloud.provider.invoke(_CONTENT, {"bucket": "demo-models", "name": "a"})


def test_client_config_and_project(cloud: Cloud) -> None:
    config = cloud.provider.invoke("gcp:organizations/getClientConfig:getClientConfig", {})
    assert (config["project"], config["region"]) == (PROJECT, REGION)
    project = cloud.provider.invoke("gcp:organizations/getProject:getProject", {})
    assert project["projectId"] == PROJECT
    assert len(project["number"]) == 12
    other = cloud.provider.invoke("gcp:organizations/getProject:getProject", {"projectId": "other-project"})
    assert other["number"] != project["number"]


def test_engine_versions(cloud: Cloud) -> None:
    token = "gcp:container/getEngineVersions:getEngineVersions"
    found = cloud.provider.invoke(token, {"location": "us-central1"})
    assert found["releaseChannelDefaultVersion"]["REGULAR"] == VERSION
    with pytest.raises(ProviderError, match="unknown region or zone"):
        cloud.provider.invoke(token, {"location": "x"})


def test_others_are_refused(cloud: Cloud) -> None:
    with pytest.raises(ProviderError, match="not offered by the gcp stand-in; there are getBucketObjectContent"):
        cloud.provider.invoke("gcp:compute/getZones:getZones", {})
