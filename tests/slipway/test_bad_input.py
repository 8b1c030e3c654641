"""What people get wrong, and the exact sentence that they are told: where, what, and what would be right."""

# ruff: noqa: E501 - one case is one row, and its message stands in it as people read it

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from slipway.errors import Refused
from slipway.repository import find_root, load
from slipway.schema.manifest import Service
from tests.support.repositories import CHURN, DEV, DIGEST, FILES, FRAUD, LOCAL, PRODUCTION, RANKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commandline import CommandLine
    from tests.support.repositories import Clone

LABEL = "use lower-case letters, digits and dashes, starting with a letter, ending with a letter or digit"
MAPPING = "write keys and values, each key on a line of its own"
IMAGE = "write REGISTRY/NAME@sha256:<64 hex digits>, such as ml/churn@sha256:4f0c..."
DIGITS = "write digits, without quotes and without a unit"
QUOTES = "put it in quotes if it is meant as text"
LIST = "write a list, such as [a, b], or one item to a line, each after a dash"
PROBE = "write a path such as /readyz, or {exec: [PROGRAM, ARGUMENT]}"
SYNTAX = "check indentation, quotes, brackets and colons here"
DURATION = "write a whole number with s, m or h, such as 90s or 5m"
SHARE = "write a percentage up to 100% or a number of pods below 1000, such as 25% or 1"
KEYS = ", ".join(sorted(Service.model_fields))
POOL = "        machine: e2-standard-4\n        nodes: {min_per_zone: 1, max_per_zone: 3}\n"
OVERLAY = "  growth/churn:\n    scaling:\n      min: 6\n      max: 24\n"

# id, file, old text, new text, what is told
EDITS = [
    # YAML
    ("syntax-bracket", CHURN, "port: 8080", "port: [8080", f"{CHURN}:8: is no valid YAML: expected ',' or ']', but got ':', in what begins in line 7; {SYNTAX}"),
    ("syntax-colon", CHURN, "port: 8080", "port: 8080: 3", f"{CHURN}:7: is no valid YAML: mapping values are not allowed here; {SYNTAX}"),
    ("tab", CHURN, "  ready:", "\tready:", f"{CHURN}:9: is indented by a tab, which YAML does not take; use spaces"),
    ("duplicate-key", CHURN, "port: 8080", "port: 8080\nport: 8081", f"{CHURN}:8: has the key `port` twice (first in line 7); keep one of the two"),
    ("anchor", CHURN, "cpu: 250m", "cpu: &x 250m", f"{CHURN}:12: uses the YAML anchor or alias `x`; write the value out where it is used"),
    ("alias", CHURN, "cpu: 250m", "cpu: *x", f"{CHURN}:12: uses the YAML anchor or alias `x`; write the value out where it is used"),
    ("tag-python", CHURN, "port: 8080", "port: !!python/object:os.system 8080", f"{CHURN}:7: uses the YAML tag `!!python/object:os.system`; write the plain value without it"),
    ("tag-own", CHURN, "port: 8080", "port: !port 8080", f"{CHURN}:7: uses the YAML tag `!port`; write the plain value without it"),
    ("two-documents", CHURN, "port: 8080", "port: 8080\n---\nkind: Service", f"{CHURN}:8: holds more than one document; one file holds one document"),
    ("key-no-word", CHURN, "port: 8080", "port: 8080\n? [a]\n: 3", f"{CHURN}:8: has a key that is no plain word; use a word as the key"),
    ("nests-deep", CHURN, "port: 8080", "port: " + "[" * 4000 + "]" * 4000, f"{CHURN}:7: nests deeper than 32 levels; write it flatter"),
    ("number-long", CHURN, "port: 8080", "port: " + "9" * 5000, f"{CHURN}:7: has a number of 5000 digits; {QUOTES}"),
    ("escape-surrogate", CHURN, "Probability", '"\\ud800" # ', f"{CHURN}:3: holds a character that nobody sees (U+D800); remove it"),
    ("escape-too-large", CHURN, "Probability", '"\\UFFFFFFFF" # ', f"{CHURN}: holds a character that YAML does not allow; save it as plain text"),
    ("bidirectional", CHURN, "Probability", "\u202eProbability", f"{CHURN}:3: holds a character that nobody sees (U+202E); remove it"),
    ("key-invisible", CHURN, "port:", '"po\\x07rt":', f"{CHURN}:7: has a key with a character that nobody sees (U+0007); remove it"),
    # keys
    ("key-unknown", CHURN, "scaling:", "scalling:", f"{CHURN}:14: unknown key `scalling`; did you mean `scaling`?"),
    ("key-unknown-deep", CHURN, "  max: 12", "  maxi: 12", f"{CHURN}:16: unknown key `scaling.maxi`; did you mean `max`?"),
    ("key-unknown-instead", CHURN, "      for: 5m", "      four: 5m", f"{CHURN}:21: unknown key `rollout.steps[0].four`; did you mean `for`?"),
    ("key-unknown-far", CHURN, "  max: 12", "  zzz: 12", f"{CHURN}:16: unknown key `scaling.zzz`; use one of: cpu, down_after, max, min"),
    ("key-merge", CHURN, "port: 8080", "port: 8080\n<<: {name: other}", f"{CHURN}:8: unknown key `<<`; use one of: {KEYS}"),
    ("key-missing", CHURN, "kind: Service\n", "", f"{CHURN}:1: the key `kind` is missing; add it"),
    ("key-missing-deep", CHURN, f"  image: ml/churn:1.4.0@{DIGEST}\n", "", f"{CHURN}:4: the key `image` is missing; add it to `release`"),
    ("key-missing-after-far", CHURN, "name: churn", "zzz: churn", [f"{CHURN}:1: the key `name` is missing; add it", f"{CHURN}:2: unknown key `zzz`; use one of: {KEYS}"]),
    # types
    ("type-text", CHURN, "name: churn", "name: 3", f"{CHURN}:2: `name` is the number 3, not text; {QUOTES}"),
    ("type-text-list", CHURN, "name: churn", "name: [churn]", f"{CHURN}:2: `name` is a list, not text; write one value"),
    ("type-number", CHURN, "port: 8080", "port: http", f"{CHURN}:7: `port` is the text `http`, not a whole number; {DIGITS}"),
    ("type-number-quoted", CHURN, "min: 4", 'min: "4"', f"{CHURN}:15: `scaling.min` is the text `4`, not a whole number; {DIGITS}"),
    ("type-number-fraction", CHURN, "min: 4", "min: 4.5", f"{CHURN}:15: `scaling.min` is the number 4.5, not a whole number; {DIGITS}"),
    ("type-number-boolean", CHURN, "min: 4", "min: true", f"{CHURN}:15: `scaling.min` is true, not a whole number; {DIGITS}"),
    ("type-number-unit", CHURN, "weight: 25", "weight: 25%", f"{CHURN}:20: `rollout.steps[0].weight` is the text `25%`, not a whole number; {DIGITS}"),
    ("type-empty", CHURN, "min: 4", "min:", f"{CHURN}:15: `scaling.min` is empty, not a whole number; write a value, or remove the key"),
    ("type-list", CHURN, "port: 8080", "port: 8080\ncommand: python app.py", f"{CHURN}:8: `command` is the text `python app.py`, not a list; {LIST}"),
    ("type-mapping", CHURN, "resources:\n  cpu: 250m\n  memory: 512Mi", "resources: small", f"{CHURN}:11: `resources` is the text `small`, not a mapping; write keys and values below it"),
    ("type-mapping-list", CHURN, "resources:\n  cpu: 250m\n  memory: 512Mi", "resources: [small]", f"{CHURN}:11: `resources` is a list, not a mapping; write keys and values below it"),
    ("type-boolean", DEV, "models: {}", "models: {protect: yes}", f"{DEV}:24: `buckets.models.protect` is the text `yes`, not true or false; write true or false, without quotes"),
    ("type-text-long", CHURN, "port: 8080", "port: " + "long " * 40, f"{CHURN}:7: `port` is the text `{('long ' * 40)[:60]}...`, not a whole number; {DIGITS}"),
    ("type-text-none", CHURN, "port: 8080", 'port: ""', f"{CHURN}:7: `port` is an empty text, not a whole number; {DIGITS}"),
    # manifests
    ("kind", CHURN, "kind: Service", "kind: Servise", f"{CHURN}:1: unknown kind `Servise`; did you mean `Service`?"),
    ("kind", CHURN, "kind: Service", "kind: Servise", f"{CHURN}:1: unknown kind `Servise`; did you mean `Service`?"),
    ("target-later", CHURN, "port: 8080", "target: sagemaker\nport: 8080", f"{CHURN}:7: target `sagemaker` is not offered yet; use `gke`"),
    ("name", CHURN, "name: churn", "name: Churn_1", f"{CHURN}:2: name: `Churn_1` is no DNS label; {LABEL}"),
    ("name-newline", CHURN, "name: churn", 'name: "churn\\n"', f"{CHURN}:2: name: `churn\\n` is no DNS label; {LABEL}"),
    ("name-long", CHURN, "name: churn", "name: " + "c" * 41, f"{CHURN}:2: name: `{'c' * 41}` has 41 characters; use at most 40"),
    ("image-host", CHURN, "ml/churn:1.4.0@", "ghcr.io/ml/churn@", f"{CHURN}:5: release.image: `ghcr.io/ml/churn@{DIGEST}` names a host (`ghcr.io`); the environment supplies the registry: {IMAGE}"),
    ("image-path", CHURN, f"ml/churn:1.4.0@{DIGEST}", "Churn", f"{CHURN}:5: release.image: `Churn` is no image path; {IMAGE}"),
    ("image-digest", CHURN, f"1.4.0@{DIGEST}", "1.4.0@sha256:12", f"{CHURN}:5: release.image: `ml/churn:1.4.0@sha256:12` has a malformed digest; {IMAGE}"),
    ("image-tag", CHURN, f"ml/churn:1.4.0@{DIGEST}", "ml/churn:1.4.0", f"{CHURN}:5: image `ml/churn:1.4.0` is named by a tag, which can move; add the digest: NAME:TAG@sha256:<64 hex digits>"),
    ("image-bare", CHURN, f"ml/churn:1.4.0@{DIGEST}", "ml/churn", f"{CHURN}:5: image `ml/churn` is named by a tag, which can move; add the digest: NAME:TAG@sha256:<64 hex digits>"),
    ("image-registry", CHURN, "image: ml/", "image: mll/", [f"{CHURN}:5: environment `{name}` has no registry `mll`; did you mean `ml`?" for name in ("dev", "local", "production")]),
    ("model", CHURN, "churn/42@", "churn@", f"{CHURN}:6: release.model: `churn@{DIGEST}` is no model reference; write NAME/VERSION@sha256:<64 hex digits>, such as churn/42@sha256:9b1f..."),
    ("cpu", CHURN, "cpu: 250m", "cpu: 250x", f"{CHURN}:12: resources.cpu: `250x` is no amount of CPU; write cores, such as 500m, 2 or 0.5"),
    ("cpu-none", CHURN, "cpu: 250m", "cpu: 0", f"{CHURN}:12: resources.cpu: `0` is nothing; write more than 0"),
    ("memory", CHURN, "512Mi", "512MB", f"{CHURN}:13: resources.memory: `512MB` is no amount of memory; write Ki, Mi, Gi or Ti, such as 512Mi or 2Gi"),
    ("duration", CHURN, "for: 5m", "for: 5min", f"{CHURN}:21: rollout.steps[0].for: `5min` is no duration; {DURATION}"),
    ("duration-bare", CHURN, "for: 5m", "for: 300", f"{CHURN}:21: rollout.steps[0].for: `300` is no duration; {DURATION}"),
    ("duration-none", CHURN, "for: 5m", "for: 0s", f"{CHURN}:21: rollout.steps[0].for: `0s` is out of bounds; write at least 1s and at most 8784h"),
    ("duration-hour", CHURN, "max: 12", "max: 12\n  down_after: 2h", f"{CHURN}:17: scaling.down_after: `2h` is out of bounds; write 0s to 1h"),
    ("port", CHURN, "port: 8080", "port: 80", f"{CHURN}:7: `port` is 80; write a whole number from 1024 to 65535"),
    ("port-none", CHURN, "port: 8080\n", "", f"{CHURN}:8: probe `/readyz` is an HTTP path but the service has no port; set `port` or use exec"),
    ("probe-none", CHURN, "  ready: /readyz\n", "", f"{CHURN}:8: a service with a port needs `probes.ready`; name the path that answers when it is loaded"),
    ("probe-number", CHURN, "ready: /readyz", "ready: 3", f"{CHURN}:9: `probes.ready` is the number 3, not a path or a command; {PROBE}"),
    ("probe-path", CHURN, "ready: /readyz", "ready: readyz", f"{CHURN}:9: probes.ready: `readyz` is no path; write one that starts with a slash, such as /readyz"),
    ("probe-key", CHURN, "ready: /readyz", "ready: {exce: [a]}", f"{CHURN}:9: unknown key `probes.ready.exce`; did you mean `exec`?"),
    ("probe-empty", CHURN, "ready: /readyz", "ready: {exec: []}", f"{CHURN}:9: `probes.ready.exec` is empty; write at least one"),
    ("env-name", CHURN, "port: 8080", 'port: 8080\nenv:\n  A: "1"\n  A-B: "2"', f"{CHURN}:10: env: `A-B` is no name of an environment variable; use letters, digits and underscores"),
    ("env-number", CHURN, "port: 8080", "port: 8080\nenv: {WORKERS: 3}", f"{CHURN}:8: `env.WORKERS` is the number 3, not text; {QUOTES}"),
    ("label-value", CHURN, "port: 8080", 'port: 8080\nlabels: {owner: "a b"}', f"{CHURN}:8: labels.owner: `a b` is no value of a label; use up to 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends"),
    ("label-key", CHURN, "port: 8080", 'port: 8080\nlabels: {"a b": c}', f"{CHURN}:8: labels: `a b` is no key of a label; write a name such as cost-center or example.com/cost-center"),
    ("label-taken", CHURN, "port: 8080", "port: 8080\nlabels: {app.kubernetes.io/name: c}", f"{CHURN}:8: labels: the label `app.kubernetes.io/name` is set by the platform; use a domain of your own"),
    ("callers", CHURN, "port: 8080", "port: 8080\ncallers: [search, Other]", f"{CHURN}:8: callers[1]: `Other` is no DNS label; {LABEL}"),
    ("scaling", CHURN, "min: 4", "min: 14", f"{CHURN}:15: scaling: min is 14 and max is 12; min must not be above max"),
    ("scaling-none", CHURN, "min: 4", "min: -1", f"{CHURN}:15: `scaling.min` is -1; write a whole number from 0 to 1000"),
    ("scaling-asleep", CHURN, "min: 4", "min: 0", f"{CHURN}:15: scaling: min is 0, and the autoscaler goes by the CPU use of pods: with none there is nothing to wake it; set min to 1 or more, or remove max for a service that rests"),
    ("scaling-many", CHURN, "max: 12", "max: 1200", f"{CHURN}:16: `scaling.max` is 1200; write a whole number from 1 to 1000"),
    # rollouts
    # fitting
    ("fits-no-node", CHURN, "512Mi", "64Gi", [f"{CHURN}:11: a pod asks for 250m CPU and 64Gi, more than any node of environment `{name}` has; ask for less, or add a larger pool: e2-standard-4 offers 3920m CPU and 13621Mi for pods" for name in ("dev", "local", "production")]),
    ("fits-no-node-cpu", CHURN, "250m", "3921m", [f"{CHURN}:11: a pod asks for 3921m CPU and 512Mi, more than any node of environment `{name}` has; ask for less, or add a larger pool: e2-standard-4 offers 3920m CPU and 13621Mi for pods" for name in ("dev", "local", "production")]),
    ("fits-overlaid", PRODUCTION, OVERLAY, "  growth/churn:\n    resources: {memory: 64Gi}\n", f"{PRODUCTION}:27: a pod asks for 250m CPU and 64Gi, more than any node of environment `production` has; ask for less, or add a larger pool: e2-standard-4 offers 3920m CPU and 13621Mi for pods"),
    ("fits-tainted", DEV, "        machine: e2-standard-4\n", "        taints: [{key: a, value: b, effect: NO_SCHEDULE}]\n", [f"{file}:{line}: a pod asks for 250m CPU and 512Mi, more than any node of environment `dev` has; add a node pool without taints that has at least one node" for file, line in ((CHURN, 11), (FRAUD, 1), (RANKING, 1))]),
    ("fits-no-nodes", DEV, "{min_per_zone: 1, max_per_zone: 3}", "{per_zone: 0}", [f"{file}:{line}: a pod asks for 250m CPU and 512Mi, more than any node of environment `dev` has; add a node pool without taints that has at least one node" for file, line in ((CHURN, 11), (FRAUD, 1), (RANKING, 1))]),
    ("gpu", CHURN, "  memory: 512Mi", "  memory: 512Mi\n  gpu: {type: nvidia-l4}", [f"{CHURN}:14: no node pool of environment `{name}` has 1 x nvidia-l4 in one node; add such a pool or ask for another type" for name in ("dev", "local", "production")]),
    ("gpu-many", CHURN, "  memory: 512Mi", "  memory: 512Mi\n  gpu: {type: nvidia-l4, count: 9}", f"{CHURN}:14: `resources.gpu.count` is 9; write a whole number from 1 to 8"),
    # pools, addresses and gateways that cannot be
    ("pool-machine", DEV, "machine: e2-standard-4", "machine: n2-standard-3", f"{DEV}:18: there is no machine type `n2-standard-3`; n2 comes as standard, highmem, highcpu with 2, 4, 8, 16, 32, 48, 64, 80, 96, 128 vCPUs"),
    ("pool-zone", DEV, POOL, POOL + "      gpu:\n        machine: g2-standard-4\n        zones: [europe-west4-z]\n", f"{DEV}:22: nvidia-l4 is not in zone europe-west4-z; it is in europe-west4-a, europe-west4-b, europe-west4-c"),
    ("pool-gpu-zone", DEV, POOL, POOL + "      gpu:\n        machine: n1-standard-8\n        zones: [europe-west4-b]\n        gpu: {type: nvidia-tesla-v100, count: 1}\n", f"{DEV}:22: nvidia-tesla-v100 is not in zone europe-west4-b; it is in europe-west4-a"),
    ("pool-gpu-region", DEV, POOL, POOL + "      gpu:\n        machine: a2-highgpu-1g\n", f"{DEV}:21: nvidia-tesla-a100 is not in three zones of europe-west4; name zones of the pool among europe-west4-a, europe-west4-b"),
    ("pool-gpu-none", DEV, "machine: e2-standard-4", "machine: e2-standard-4\n        gpu: {driver: latest}", f"{DEV}:19: e2-standard-4 comes without GPUs; give both type and count, or use a machine such as g2"),
    ("pool-gpu-unknown", DEV, POOL, POOL + "      gpu:\n        machine: n1-standard-8\n        gpu: {type: nvidia-t4, count: 1}\n", f"{DEV}:22: unknown accelerator type 'nvidia-t4'; see GPU machine types of Compute Engine for what goes together"),
    ("pool-gpu-count", DEV, POOL, POOL + "      gpu:\n        machine: n1-standard-8\n        gpu: {type: nvidia-tesla-t4, count: 3}\n", f"{DEV}:22: nvidia-tesla-t4 is attached in numbers of 1, 2, 4, not 3; see GPU machine types of Compute Engine for what goes together"),
    ("pool-gpu-cpus", DEV, POOL, POOL + "      gpu:\n        machine: n1-standard-96\n        gpu: {type: nvidia-tesla-t4, count: 1}\n", f"{DEV}:22: 1 nvidia-tesla-t4 go with at most 48 vCPUs, and n1-standard-96 has 96; see GPU machine types of Compute Engine for what goes together"),
    ("pool-gpu-e2", DEV, "machine: e2-standard-4", "machine: e2-standard-4\n        gpu: {type: nvidia-tesla-t4, count: 1}", f"{DEV}:19: nvidia-tesla-t4 can be attached to N1 machines only, not to e2-standard-4; see GPU machine types of Compute Engine for what goes together"),
    ("pool-gpu-fixed", DEV, POOL, POOL + "      gpu:\n        machine: g2-standard-8\n        gpu: {type: nvidia-l4, count: 2}\n", f"{DEV}:22: g2-standard-8 comes with 1 nvidia-l4, not 2 nvidia-l4; see GPU machine types of Compute Engine for what goes together"),
    ("pool-tpu", DEV, "machine: e2-standard-4", "machine: e2-standard-4\n        tpu: {topology: 2x2}", f"{DEV}:19: e2-standard-4 has no TPU; use a machine such as ct6e-standard-4t"),
    ("pool-tpu-none", DEV, POOL, POOL + "      tpu:\n        machine: ct6e-standard-4t\n", f"{DEV}:21: ct6e-standard-4t is a TPU machine; add tpu: {{topology: ...}}"),
    ("pool-tpu-topology", DEV, POOL, POOL + "      tpu:\n        machine: ct6e-standard-8t\n        tpu: {topology: 4x4}\n", f"{DEV}:22: ct6e-standard-8t has no topology 4x4; use one of 2x4"),
    ("pool-tpu-zones", DEV, POOL, POOL + "      tpu:\n        machine: ct6e-standard-4t\n        nodes: {per_zone: 4}\n        tpu: {topology: 4x4}\n", f"{DEV}:20: a slice 4x4 of ct6e-standard-4t is 4 nodes, which come and go together; name one zone"),
    ("pool-tpu-nodes", DEV, POOL, POOL + "      tpu:\n        machine: ct6e-standard-4t\n        zones: [europe-west4-a]\n        nodes: {per_zone: 2}\n        tpu: {topology: 4x4}\n", f"{DEV}:23: a slice 4x4 of ct6e-standard-4t is 4 nodes, which come and go together; set per_zone: 4"),
    ("pool-confidential", DEV, "machine: e2-standard-4", "machine: e2-standard-4\n        confidential: true", f"{DEV}:18: e2-standard-4 cannot encrypt its memory, which profile `hardened` or `confidential: true` asks for; use a machine of a3, c2d, c3, c3d, c4d, n2d"),
    ("pool-confidential-profile", DEV, "branch: dev", "branch: dev\nprofile: regulated", f"{DEV}:19: e2-standard-4 cannot encrypt its memory, which profile `regulated` or `confidential: true` asks for; use a machine of a3, c2d, c3, c3d, c4d, n2d"),
    ("pool-disk", DEV, "machine: e2-standard-4", "machine: n4-standard-4", f"{DEV}:17: n4-standard-4 takes no pd-balanced; use hyperdisk-balanced"),
    ("pool-disk-hyper", DEV, "machine: e2-standard-4", "machine: e2-standard-4\n        disk_type: hyperdisk-balanced", f"{DEV}:19: e2-standard-4 takes no hyperdisk-balanced; use pd-balanced"),
    ("pods-range", DEV, "pods: 10.20.0.0/14", "pods: 10.20.0.0/22", f"{DEV}:10: all pools together have up to 12 nodes while upgrading, whose pods take 3072 addresses, and 10.20.0.0/22 has 1024 addresses; use a /20 or larger, fewer nodes or a smaller max_pods"),
    ("nodes-range", DEV, "range: 10.16.0.0/20", "range: 10.16.0.0/29", f"{DEV}:9: all pools together have up to 12 nodes while upgrading, and 10.16.0.0/29 has 4 addresses; use a /28 or larger, fewer nodes"),
    ("control-plane-two", DEV, "control_plane: 172.16.1.0/28", "control_plane: 172.16.1.0/28\n  control_plane_subnet: 10.24.64.0/28", f"{DEV}:13: network: control_plane and control_plane_subnet both place the control plane, and GKE takes one of the two; keep one"),
    ("proxy-only-length", DEV, "control_plane: 172.16.1.0/28", "control_plane: 172.16.1.0/28\n  proxy_only: 10.24.64.0/27", f"{DEV}:13: network: proxy_only is 10.24.64.0/27; Google takes a /26 or larger, such as 10.8.16.0/23"),
    ("exclusion-long", DEV, "    location: europe-west4", '    location: europe-west4\n    maintenance: {exclusions: {freeze: {from: "2026-11-01", to: "2027-01-15"}}}', f"{DEV}:16: clusters.main.maintenance.exclusions.freeze: it holds back every upgrade for 76 days, and GKE allows 30; shorten it, or use scope NO_MINOR_UPGRADES"),
    ("gpu-shared", CHURN, "memory: 512Mi", "memory: 512Mi\n  gpu: {type: nvidia-l4, count: 2}", [f"{CHURN}:14: no node pool of environment `dev` has 2 x nvidia-l4 in one node; add such a pool or ask for another type", f"{CHURN}:14: no node pool of environment `local` has 2 x nvidia-l4 in one node; add such a pool or ask for another type", f"{CHURN}:14: no node pool of environment `production` has 2 x nvidia-l4 in one node; add such a pool or ask for another type"]),
    ("expose-no-gateway", CHURN, "port: 8080", "port: 8080\nexpose: {host: churn, auth: none}", [f"{CHURN}:8: environment `dev` has no gateway to expose `churn` at; add `gateway: {{domain: ...}}` to environments/dev.yaml", f"{CHURN}:8: environment `local` has no gateway to expose `churn` at; add `gateway: {{domain: ...}}` to environments/local.yaml", f"{CHURN}:8: environment `production` has no gateway to expose `churn` at; add `gateway: {{domain: ...}}` to environments/production.yaml"]),
    ("registry-format", DEV, "  ml: {}", "  ml: {format: python}", [f"{CHURN}:5: registry `ml` of environment `dev` has format python, which is no image's; name one with format docker", f"{FRAUD}:4: registry `ml` of environment `dev` has format python, which is no image's; name one with format docker", f"{RANKING}:3: registry `ml` of environment `dev` has format python, which is no image's; name one with format docker"]),
    # environments
    ("project", DEV, "acme-dev\n", "Acme\n", f"{DEV}:3: google.project: `Acme` is no Google Cloud project id; use 6 to 30 lower-case letters, digits and dashes, starting with a letter"),
    ("number", DEV, '"100000000002"', "100000000002", f"{DEV}:4: `google.number` is the number 100000000002, not text; {QUOTES}"),
    ("number-text", DEV, '"100000000002"', "acme", f"{DEV}:4: google.number: `acme` is no project number; write its 6 to 14 digits, in quotes"),
    ("region", DEV, "region: europe-west4", "region: Europe", f"{DEV}:5: google.region: `Europe` is no region; write one such as europe-west4"),
    ("region-other", DEV, "region: europe-west4", "region: europe-west1", f"{DEV}:15: the cluster is in europe-west4, outside the region europe-west1; move one of the two"),
    ("region-alike", DEV, "region: europe-west4", "region: europe-west", f"{DEV}:5: google.region: `europe-west` is no region; write one such as europe-west4"),
    ("google-none", LOCAL, 'google: {project: slipway-local, number: "100000000001", region: europe-west4}\n', "", f"{LOCAL}:1: the key `google` is missing; add it"),
    ("backend", DEV, "gs://", "http://", f"{DEV}:7: state.backend: `http://acme-dev-state` is no Pulumi backend; write gs://BUCKET, s3://BUCKET or file://PATH"),
    ("secrets", DEV, "gs://acme-dev-state", "gs://acme-dev-state\n  secrets: gpg://me", f"{DEV}:8: state.secrets: `gpg://me` is no secrets provider; write a key such as gcpkms://projects/.../cryptoKeys/KEY, or passphrase"),
    ("state-none", DEV, "state:\n  backend: gs://acme-dev-state\n", "", f"{DEV}:1: `state` is missing; name the Pulumi backend, such as {{backend: gs://BUCKET}}"),
    ("branch-none", DEV, "branch: dev\n", "", f"{DEV}:1: `branch` is missing; name the Git branch that deploys to this environment"),
    ("branch-twice", PRODUCTION, "branch: production", "branch: dev", f"{PRODUCTION}:1: branch `dev` deploys to environment `dev` already; name another branch: each has one environment"),
    ("branch-odd", DEV, "branch: dev", "branch: my branch", f"{DEV}:1: branch: `my branch` is no name of a branch; use letters, digits, dashes, dots and slashes, such as release/2"),
    ("stand-ins", DEV, "branch: dev", "branch: dev\nstand_ins: true", f"{DEV}:2: environment `dev` would run on stand-ins; only `local` may; remove the key"),
    ("ranges-overlap", DEV, "services: 10.24.0.0/20", "services: 10.20.0.0/20", f"{DEV}:11: network: the ranges pods (10.20.0.0/14) and services (10.20.0.0/20) overlap; give each addresses of its own"),
    ("range-host-bits", DEV, "10.24.0.0/20", "10.24.0.1/20", f"{DEV}:11: network.services: `10.24.0.1/20` is no network range (its address is not the first of the range); write it as 10.24.0.0/20"),
    ("range-text", DEV, "10.24.0.0/20", "ten", f"{DEV}:11: network.services: `ten` is no network range (no address with a length); write it as 10.0.0.0/20"),
    ("range-public", DEV, "10.24.0.0/20", "8.8.0.0/20", f"{DEV}:11: network.services: `8.8.0.0/20` is no private IPv4 range; use one of RFC 1918, such as 10.0.0.0/20"),
    ("range-six", DEV, "10.24.0.0/20", "fd00::/64", f"{DEV}:11: network.services: `fd00::/64` is no private IPv4 range; use one of RFC 1918, such as 10.0.0.0/20"),
    ("control-plane", DEV, "172.16.1.0/28", "172.16.1.0/24", f"{DEV}:12: network: control_plane is 172.16.1.0/24; GKE takes a /28, such as 172.16.0.0/28"),
    ("clusters-none", LOCAL, "  main: {location: europe-west4}", "  {}", f"{LOCAL}:3: `clusters` is empty; write at least one"),
    ("clusters-two", LOCAL, "  main: {location: europe-west4}", "  main: {location: europe-west4}\n  more: {location: europe-west4}", f"{LOCAL}:3: `clusters` has 2 entries; write at most 1"),
    ("cluster-long", LOCAL, "  main:", f"  {'m' * 25}:", f"{LOCAL}:4: the cluster's name has 25 characters, and its nodes' account is `nodes-NAME`; use at most 24"),
    ("location", DEV, "location: europe-west4", "location: eu", f"{DEV}:15: clusters.main.location: `eu` is no region or zone; write europe-west4 (three zones) or europe-west4-a (one)"),
    ("zones-other", DEV, "    pools:", "    zones: [europe-west4-a, europe-west1-b]\n    pools:", f"{DEV}:16: clusters.main: zone europe-west1-b is not in europe-west4; name zones of that region"),
    ("zones-of-zone", DEV, "location: europe-west4", "location: europe-west4-a\n    zones: [europe-west4-b]", f"{DEV}:16: clusters.main: zones are named but europe-west4-a is itself a zone; name a region as location"),
    ("zone", DEV, "    pools:", "    zones: [a]\n    pools:", f"{DEV}:16: clusters.main.zones[0]: `a` is no zone; write one such as europe-west4-a"),
    ("channel", DEV, "    pools:", "    release_channel: STABEL\n    pools:", f"{DEV}:16: unknown release_channel `STABEL`; did you mean `STABLE`?"),
    ("pools-none", LOCAL, "{location: europe-west4}", "{location: europe-west4, pools: {}}", f"{LOCAL}:4: `clusters.main.pools` is empty; write at least one"),
    ("pool-name", DEV, "general:", "General:", f"{DEV}:17: clusters.main.pools: `General` is no DNS label; {LABEL}"),
    ("pool-long", DEV, "general:", f"{'g' * 31}:", f"{DEV}:17: `main` and `{'g' * 31}` have 35 characters, and the pool is named by both; use at most 34"),
    ("machine", DEV, "e2-standard-4", "e2-standard-5", f"{DEV}:18: there is no machine type `e2-standard-5`; e2 comes as standard, highmem, highcpu with 2, 4, 8, 16, 32 vCPUs"),
    ("machine-form", DEV, "e2-standard-4", "large", f"{DEV}:18: there is no machine type `large`; write FAMILY-SHAPE-CPUS, such as e2-standard-4"),
    ("nodes", DEV, "min_per_zone: 1", "min_per_zone: 4", f"{DEV}:19: clusters.main.pools.general.nodes: min_per_zone is 4 and max_per_zone is 3; min must not be above max"),
    ("nodes-both", DEV, "min_per_zone: 1", "per_zone: 1", f"{DEV}:19: clusters.main.pools.general.nodes: per_zone fixes the number and min_per_zone/max_per_zone scale it; keep one of the two"),
    ("nodes-half", DEV, "min_per_zone: 1, ", "", f"{DEV}:19: clusters.main.pools.general.nodes: the number of nodes is not given; write per_zone, or min_per_zone and max_per_zone"),
    ("taint", DEV, "        machine: e2-standard-4\n", "        taints: [{key: a, value: b, effect: NoSchedule}]\n", f"{DEV}:18: unknown effect `NoSchedule`; use one of: NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE"),
    ("registry-keep", DEV, "  ml: {}", "  ml: {keep_untagged: 30d}", f"{DEV}:21: registries.ml.keep_untagged: `30d` is no duration; {DURATION}"),
    ("bucket-versions", DEV, "models: {}", "models: {keep_old_versions: 0}", f"{DEV}:24: `buckets.models.keep_old_versions` is 0; write a whole number from 1 to 1000"),
    ("overlay-unknown", PRODUCTION, "growth/churn", "growth/churm", f"{PRODUCTION}:26: an overlay for `growth/churm`, which no team has; did you mean `growth/churn`?"),
    ("overlay-release", PRODUCTION, "    scaling:", "    release: {image: ml/other}\n    scaling:", f"{PRODUCTION}:27: unknown key `services.growth/churn.release`; use one of: resources, rollout, scaling"),
    ("models-none", DEV, "buckets: {models: {}}\n", "", f"{CHURN}:6: environment `dev` has no bucket `models` to take the model from; add `models: {{}}` to buckets in {DEV}"),
    ("registry-of-the-platform", DEV, "  quay: {remote: quay}\n", "", f"{DEV}:20: environment `dev` has no cache of quay, which the Rollouts controller is pulled from; add `quay: {{remote: quay}}`"),
    ("registries-none", DEV, "  ml: {}\n", "", [f"{file}:{line}: environment `dev` has no registry `ml`; use one of: hub, quay" for file, line in ((CHURN, 5), (FRAUD, 4), (RANKING, 3))]),
]  # fmt: skip

# id, file, its whole content, what is told
FILES_THAT_ARE_WRONG = [
    ("binary", CHURN, b"\x89PNG\r\n\x1a\n\x00\xff", f"{CHURN}: is no UTF-8 text (byte 0); save it as UTF-8 text"),
    ("zeros", CHURN, b"kind: Service\n\0\0\0", f"{CHURN}:2: holds a character that nobody sees (U+0000); remove it"),
    ("list", CHURN, "- kind: Service\n", f"{CHURN}:1: is a list, not a mapping; {MAPPING}"),
    ("text", CHURN, "hello\n", f"{CHURN}:1: is a single value, not a mapping; {MAPPING}"),
    ("empty", CHURN, "", f"{CHURN}:1: is empty; {MAPPING}"),
    ("comment", DEV, "# nothing yet\n", f"{DEV}:1: is empty; {MAPPING}"),
    ("huge", CHURN, b"#" * 50_000_000, f"{CHURN}: is 50.0 MB large, and at most 256 KiB are read; is this a YAML file of this repository? split or remove it"),
    ("same-name", "manifests/growth/other.yaml", FILES[CHURN], f"manifests/growth/other.yaml:2: the team has a service or job `churn` already, in {CHURN}; give one of the two another name"),
    ("side-of-a-canary", "manifests/growth/other.yaml", FILES[FRAUD].replace("name: fraud", "name: churn-stable"), "manifests/growth/other.yaml:2: the canary of `churn` makes a Service `churn-stable`; give this service another name"),
    ("team", "manifests/Growth_2/a.yaml", FILES[FRAUD], f"manifests/Growth_2: team name `Growth_2` is no DNS label; {LABEL}"),
    ("team-long", f"manifests/{'t' * 24}/a.yaml", FILES[FRAUD], f"manifests/{'t' * 24}: team name `{'t' * 24}` has 24 characters, and its account is `deploy-{'t' * 24}`; use at most 23"),
    ("team-layer", "manifests/platform/a.yaml", FILES[FRAUD], "manifests/platform: team name `platform` is taken by the platform itself; give the team another name"),
    ("team-system", "manifests/kube-system/a.yaml", FILES[FRAUD], "manifests/kube-system: team name `kube-system` is taken by the platform itself; give the team another name"),
    ("team-file", "manifests/churn.yaml", FILES[FRAUD], "manifests/churn.yaml: is no team's folder; put manifests into manifests/TEAM/"),
    ("suffix", "manifests/growth/churn.yml", FILES[FRAUD], "manifests/growth/churn.yml: is no readable .yaml file; rename, move or remove it; everything here is deployed"),
    ("folder", "manifests/growth/more/churn.yaml", FILES[FRAUD], "manifests/growth/more: is no readable .yaml file; rename, move or remove it; everything here is deployed"),
    ("environment-name", "environments/My_Env.yaml", FILES[DEV].replace("branch: dev", "branch: x"), f"environments/My_Env.yaml: environment name `My_Env` is no DNS label; {LABEL}"),
    ("environment-long", f"environments/{'e' * 25}.yaml", FILES[DEV].replace("branch: dev", "branch: x"), f"environments/{'e' * 25}.yaml: environment name `{'e' * 25}` has 25 characters, and buckets are named after project and environment; use at most 24"),
    ("bucket-long", f"environments/{'e' * 24}.yaml", FILES[DEV].replace("branch: dev", "branch: x").replace("models: {}", f"models: {{}}, {'b' * 30}: {{}}"), f"environments/{'e' * 24}.yaml:24: the bucket would be called `acme-dev-{'e' * 24}-{'b' * 30}`, which has 64 characters; shorten `{'b' * 30}`: Google takes 63 in all"),
]  # fmt: skip


def ids(rows: list[tuple[object, ...]]) -> list[str]:
    return [str(row[0]) for row in rows]


def told(clone: Clone) -> list[str]:
    return [str(problem) for problem in clone.problems()]


def test_what_the_table_edits_is_valid(clone: Clone) -> None:
    assert told(clone) == []


@pytest.mark.parametrize(("name", "file", "old", "new", "expected"), EDITS, ids=ids(EDITS))
def test_edits(clone: Clone, name: str, file: str, old: str, new: str, expected: str | list[str]) -> None:
    del name
    clone.edit(file, old, new)
    assert told(clone) == ([expected] if isinstance(expected, str) else expected)


@pytest.mark.parametrize(("name", "file", "content", "expected"), FILES_THAT_ARE_WRONG, ids=ids(FILES_THAT_ARE_WRONG))
def test_files(clone: Clone, name: str, file: str, content: str | bytes, expected: str) -> None:
    del name
    clone.write(file, content)
    assert told(clone) == [expected]


def test_every_problem_is_told_at_once(clone: Clone) -> None:
    clone.edit(CHURN, "port: 8080", "port: 80")
    clone.edit(CHURN, "512Mi", "512MB")
    clone.edit(DEV, "gs://", "http://")
    clone.write(FRAUD, "")
    told_at = [(problem.file, problem.line) for problem in clone.problems()]
    assert told_at == [(DEV, 7), (CHURN, 7), (CHURN, 13), (FRAUD, 1)]


def test_a_tag_is_good_enough_for_local(clone: Clone) -> None:
    clone.edit(CHURN, f":1.4.0@{DIGEST}", ":1.4.0")
    assert clone.desired("local").services[0].image.tag == "1.4.0"
    with pytest.raises(Refused, match="named by a tag"):
        clone.desired("dev")


def test_an_unknown_environment_names_the_near_one(clone: Clone) -> None:
    with pytest.raises(Refused) as refused:
        load(clone.root).environment("devv")
    assert str(refused.value) == "environments: there is no environment `devv`; did you mean `dev`?"


def test_links_out_of_the_repository(clone: Clone, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(FILES[FRAUD], encoding="utf-8")
    (clone.root / "manifests/growth/leak.yaml").symlink_to(outside / "secret.yaml")
    (clone.root / "manifests/leaks").symlink_to(outside)
    assert told(clone) == [
        f"manifests/{file}.yaml: is a link that leads out of the repository; put the file itself here"
        for file in ("growth/leak", "leaks/secret")
    ]


def test_links_and_pipes_that_cannot_be_read(clone: Clone) -> None:
    (clone.root / "manifests/growth/gone.yaml").symlink_to("nowhere.yaml")
    (clone.root / "manifests/growth/loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(clone.root / "manifests/growth/pipe.yaml")
    assert told(clone) == [
        f"manifests/growth/{name}.yaml: is no readable .yaml file; rename, move or remove it; everything here is deployed"
        for name in ("gone", "loop", "pipe")
    ]


def test_a_link_inside_the_repository_is_read(clone: Clone) -> None:
    (clone.root / "manifests/search/fraud.yaml").symlink_to("../growth/fraud.yaml")
    assert told(clone) == []
    assert "search/fraud" in load(clone.root).manifests


def test_hidden_files_are_left_alone(clone: Clone) -> None:
    clone.write("manifests/.gitkeep", "")
    clone.write("manifests/growth/.swp", b"\xff")
    assert told(clone) == []


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is in no Slipway repository") as refused:
        find_root(tmp_path)
    assert str(refused.value).endswith("; change into your clone and run the command again")


def test_the_root_is_found_from_below(clone: Clone) -> None:
    assert find_root(clone.root / "manifests" / "growth") == clone.root.resolve()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [(CHURN, "512Mi", "512MB", f"{CHURN}:13: resources.memory: "), (DEV, "pods:", "podz:", f"{DEV}:10: unknown key ")],
)
@pytest.mark.parametrize(
    "command",
    [
        ["validate"],
        ["inventory", "local"],
        ["preview", "local"],
        ["up", "local"],
        ["destroy", "dev", "--yes"],
        ["status", "local"],
    ],
    ids=lambda command: command[0],
)
def test_the_command_line_refuses_and_changes_nothing(
    slipway: CommandLine, clone: Clone, command: list[str], file: str, old: str, new: str, expected: str
) -> None:
    clone.edit(file, old, new)
    before = clone.fingerprint()
    code, out, err = slipway.run(clone, *command)
    assert (code, out) == (1, "")
    assert err.startswith(expected)
    assert clone.fingerprint() == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["up"], 2, "Missing argument"),
        (["upp", "local"], 2, "No such command"),
        (["up", "local", "--nope"], 2, "No such option"),
        (["up", "locall"], 1, "environments: there is no environment `locall`; did you mean `local`?"),
        (["preview", "local", "-s", "local.growht"], 1, "did you mean `local.growth`?"),
        (["validate", "nowhere.yaml"], 1, "nowhere.yaml: does not exist"),
        (["validate", "/etc/hostname"], 1, "is outside of this repository"),
    ],
    ids=["no-argument", "no-command", "no-option", "no-environment", "no-stack", "no-file", "outside"],
)
def test_usage(slipway: CommandLine, clone: Clone, arguments: list[str], code: int, said: str) -> None:
    before = clone.fingerprint()
    ended, _, err = slipway.run(clone, *arguments)
    assert ended == code
    assert said in err
    assert clone.fingerprint() == before


def test_a_real_process_shows_no_traceback(clone: Clone) -> None:
    clone.edit(CHURN, "512Mi", "512MB")
    before = clone.fingerprint()
    command = [sys.executable, "-c", "from slipway.cli import main; main()", "up", "local"]
    done = subprocess.run(command, cwd=clone.root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{CHURN}:13: resources.memory: ")
    assert "Traceback" not in done.stderr
    assert clone.fingerprint() == before


def test_validate_says_so_when_all_is_well(slipway: CommandLine, clone: Clone) -> None:
    assert slipway.run(clone, "validate") == (0, "3 environments, 3 services and 0 jobs are valid.\n", "")
    assert slipway.run(clone, "validate", CHURN) == (0, f"{CHURN}: valid.\n", "")


def test_validate_reports_on_the_files_that_are_named(slipway: CommandLine, clone: Clone) -> None:
    clone.edit(CHURN, "512Mi", "512MB")
    assert slipway.run(clone, "validate", FRAUD)[0] == 0
    code, out, _ = slipway.run(clone, "validate", CHURN, "--json")
    assert code == 1
    assert [(problem["file"], problem["line"]) for problem in json.loads(out)] == [(CHURN, 13)]
