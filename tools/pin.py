#!/usr/bin/env python3
"""Writes the digests that vendors publish into pins.toml and images.toml. For maintainers, with internet access.

    python tools/pin.py            # fill in what is missing, and check what is there
    python tools/pin.py --replace  # after a version was raised: take the vendors' digests for everything

GitHub states a sha256 for each file of a release (API "Get a release by tag name", `assets[].digest`); Kubernetes
publishes NAME.sha256 beside NAME; a registry states the digest of a tag (OCI distribution specification, "Checking if
content exists in the registry"). A digest that stands in a file and is not the vendor's is an error unless --replace
is given: somebody has to find out why. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

PINS = Path(__file__).resolve().with_name("pins.toml")
IMAGES = PINS.with_name("images.toml")
API = os.environ.get("GITHUB_API_URL", "https://api.github.com")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_INDEXES = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
_UNAUTHORIZED = 401


def main() -> int:
    """Run the command line; 0 done, 1 a digest differs or a vendor does not answer."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replace", action="store_true", help="replace digests that differ from the vendor's")
    arguments = parser.parse_args()
    text = PINS.read_text(encoding="utf-8")
    problems: list[str] = []
    for url, known, published in wanted(text):
        try:
            found = published_digest(published, url)
        except (OSError, ValueError) as error:
            problems.append(f"{url}: {error}")
            continue
        if known and known != found and not arguments.replace:
            problems.append(f"{url}: pinned {known}, but the vendor publishes {found}")
        elif known != found:
            print(f"{url}: {found}")
            text = written(text, url, found)
    PINS.write_text(text, encoding="utf-8")
    problems += _images(replace=arguments.replace)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _images(*, replace: bool) -> list[str]:
    """Bring images.toml to what the registries state; return what is wrong."""
    text, problems = IMAGES.read_text(encoding="utf-8"), []
    for name, image in tomllib.loads(text).items():
        tag, known = image["tag"].format(version=image["version"]), image["digest"]
        shown = f"{image['registry']}/{image['path']}:{tag}"
        try:
            found = image_digest(image["registry"], image["path"], tag)
        except (OSError, ValueError) as error:
            problems.append(f"{shown}: {error}")
            continue
        if known and known != found and not replace:
            problems.append(f"{shown}: pinned {known}, but the registry states {found}")
        elif known != found:
            print(f"{shown}: {found}")
            head, _, tail = text.partition(f"[{name}]\n")
            line = f'digest = "{found}" # as {image["registry"]} states it'
            text = f"{head}[{name}]\n{re.sub(r'(?m)^digest = .*$', line, tail, count=1)}"
    IMAGES.write_text(text, encoding="utf-8")
    return problems


def image_digest(registry: str, path: str, tag: str) -> str:
    """Ask a registry for the digest of a tag, of the index of all its platforms.

    Raises:
        OSError: the registry does not answer, or refuses.
        ValueError: the answer states no sha256.
    """
    url, headers = f"https://{registry}/v2/{path}/manifests/{tag}", {"Accept": _INDEXES}
    try:
        answer = _head(url, headers)
    except urllib.error.HTTPError as error:
        if error.code != _UNAUTHORIZED:
            raise
        # Docker Registry token authentication: anybody may have a token to pull what is public
        said = dict(re.findall(r'(\w+)="([^"]*)"', error.headers.get("WWW-Authenticate", "")))
        if not said.get("realm", "").startswith("https://"):
            raise ValueError(f"{registry} asks for a login and does not say where") from None
        asked = f"{said['realm']}?service={said.get('service', '')}&scope=repository:{path}:pull"
        token = json.loads(_get(asked))
        bearer = token.get("token") or token.get("access_token")
        answer = _head(url, {**headers, "Authorization": f"Bearer {bearer}"})
    digest = answer.get("Docker-Content-Digest", "")
    if not _SHA256.fullmatch(digest.removeprefix("sha256:")):
        raise ValueError(f"{registry} states no sha256 of {path}:{tag}")
    return digest


def wanted(text: str) -> list[tuple[str, str, str]]:
    """Return for each download: its URL, the digest that is pinned (or nothing), and where the vendor publishes it."""
    return [
        (
            item["url"].format(version=tool["version"]),
            item["sha256"],
            item["digest"].format(version=tool["version"]),
        )
        for tool in tomllib.loads(text).values()
        for item in tool.get("download", {}).values()
    ]


def published_digest(where: str, url: str) -> str:
    """Fetch a digest.

    Args:
        where: `github:OWNER/REPOSITORY@TAG`, or the URL of a file that holds the digest.
        url: what is downloaded; its last part is the name of the release's file.

    Raises:
        OSError: the vendor does not answer.
        ValueError: the answer holds no digest of that file.
    """
    name = url.rpartition("/")[2]
    if not where.startswith("github:"):
        found = _SHA256.match(_get(where).decode())
        if found is None:
            raise ValueError(f"{where} holds no sha256")
        return found[0]
    repository, _, tag = where.removeprefix("github:").partition("@")
    release = json.loads(_get(f"{API}/repos/{repository}/releases/tags/{tag}"))
    digests = {asset["name"]: str(asset.get("digest") or "") for asset in release["assets"]}
    digest = digests.get(name, "").removeprefix("sha256:")
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"the release {repository} {tag} states no sha256 of {name}")
    return digest


def written(text: str, url: str, digest: str) -> str:
    """Return pins.toml with the digest of one download; everything else, comments included, stays."""
    version = ""
    lines = text.splitlines(keepends=True)
    inside = False
    for number, line in enumerate(lines):
        if match := re.match(r'version = "(.+)"', line):
            version = match[1]
        elif match := re.match(r'url = "(.+)"', line):
            inside = match[1].replace("{version}", version) == url
        elif inside and line.startswith("sha256 = "):
            lines[number] = f'sha256 = "{digest}"\n'
            return "".join(lines)
    raise ValueError(f"pins.toml has no sha256 for {url}")


def _head(url: str, headers: dict[str, str]) -> dict[str, str]:
    request = urllib.request.Request(url, headers=headers, method="HEAD")  # noqa: S310  the URLs are pins of ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  same
        return dict(answer.headers)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  the URLs are pins of ours
        return bytes(answer.read())


if __name__ == "__main__":
    sys.exit(main())
