#!/usr/bin/env python3
"""Writes the digests that vendors publish into pins.toml. For maintainers, with internet access.

    python tools/pin.py            # fill in what is missing, and check what is there
    python tools/pin.py --replace  # after a version was raised: take the vendors' digests for everything

GitHub states a sha256 for each file of a release (API "Get a release by tag name", `assets[].digest`); Kubernetes
publishes NAME.sha256 beside NAME. A digest that stands in pins.toml and is not the vendor's is an error unless
--replace is given: somebody has to find out why. Standard library only.
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
API = os.environ.get("GITHUB_API_URL", "https://api.github.com")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


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


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  the URLs are pins of ours
        return bytes(answer.read())


if __name__ == "__main__":
    sys.exit(main())
