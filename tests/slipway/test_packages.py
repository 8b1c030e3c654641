"""Narrow packages of an SDK: less is imported, and nothing is different."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stacks.packages import module_of

ROOT = Path(__file__).parents[2]


def run(code: str) -> str:
    """What a fresh interpreter prints: imports of this one are done."""
    given = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Network", "network"),
        ("RouterNat", "router_nat"),
        ("BucketIAMMember", "bucket_iam_member"),
        ("IAMMember", "iam_member"),
        ("SSLPolicy", "ssl_policy"),
        ("get_bucket_object_content", "get_bucket_object_content"),
    ],
)
def test_the_sdk_s_rule_for_names_of_files(name: str, module: str) -> None:
    assert module_of(name) == module


def test_a_stack_imports_what_it_declares_and_no_more() -> None:
    said = run(
        "import sys\nfrom stacks import module\nmodule('platform')\n"
        "found = [n for n in sys.modules if n.startswith('pulumi_gcp.compute.')]\n"
        "print(len(found), 'pulumi_gcp.compute.network' in found, 'pulumi_gcp.compute.instance' in found)"
    )
    count, there, other = said.split()
    assert int(count) < 30
    assert (there, other) == ("True", "False")


def test_every_name_is_what_the_sdk_says() -> None:
    """A name with a module, one without, a module, a wrong one; and the classes of both imports are the same ones."""
    said = run(
        "from stacks.packages import PACKAGES, narrow\nnarrow(*PACKAGES)\n"
        "from pulumi_gcp.compute import Network\nimport pulumi_gcp\n"
        "print(Network is pulumi_gcp.compute.network.Network, pulumi_gcp.compute.Network is Network)\n"
        "print(pulumi_gcp.compute.NetworkArgs.__module__, pulumi_gcp.compute.Network is Network)\n"
        "print(pulumi_gcp.compute.get_network.__name__, pulumi_gcp.compute.outputs.__name__)\n"
        "try:\n    pulumi_gcp.compute.Nothing\nexcept AttributeError as error:\n    print(error)\n"
    )
    assert said.splitlines() == [
        "True True",
        "pulumi_gcp.compute.network True",
        "get_network pulumi_gcp.compute.outputs",
        "module 'pulumi_gcp.compute' has no attribute 'Nothing'",
    ]


def test_a_function_wins_over_its_module_each_time() -> None:
    said = run(
        "from stacks.packages import PACKAGES, narrow\nnarrow(*PACKAGES)\nimport importlib\n"
        "importlib.import_module('pulumi_gcp.storage.get_bucket')\n"
        "for name in ('get_bucket', 'get_bucket_object', 'get_bucket_object'):\n"
        "    exec(f'from pulumi_gcp.storage import {name} as found')\n"
        "    print(found.__module__)"
    )
    assert said.splitlines() == [f"pulumi_gcp.storage.{name}" for name in ("get_bucket", *["get_bucket_object"] * 2)]


def test_what_is_imported_already_stays_as_it_is() -> None:
    said = run(
        "import pulumi_gcp.serviceaccount as before\nbefore.Account\nfrom stacks.packages import narrow\nimport sys\n"
        "narrow('pulumi_gcp.serviceaccount')\nprint(sys.modules['pulumi_gcp.serviceaccount'] is before)"
    )
    assert said == "True\n"
