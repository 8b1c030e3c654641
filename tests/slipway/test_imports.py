"""Who may import what: the rules that keep production free of the stand-ins, and the command line quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = [
    "addresses",
    "branches",
    "cli.app",
    "contract",
    "credentials",
    "deadlines",
    "desired",
    "diagnosis",
    "errors",
    "expanded",
    "exposure",
    "files",
    "fitting",
    "handover",
    "hardening",
    "heads",
    "health",
    "jobs.health",
    "jobs.live",
    "jobs.names",
    "jobs.removal",
    "jobs.waiting",
    "kustomize.folder",
    "kustomize.health",
    "kustomize.reading",
    "kustomize.rendering",
    "kustomize.rules",
    "kustomize.waiting",
    "kustomize.wanted",
    "live",
    "logs",
    "backups",
    "bootstrap.plan",
    "bootstrap.roles",
    "bootstrap.settings",
    "capacity",
    "machines",
    "models",
    "operations.actor",
    "operations.decisions",
    "operations.deployments",
    "operations.kinds",
    "operations.lasting",
    "operations.live",
    "operations.records",
    "operations.returning",
    "operations.rollouts",
    "operations.scale",
    "operations.sets",
    "operations.steps",
    "operations.verbs",
    "operations.writer",
    "quotas",
    "nodes",
    "patience",
    "pods",
    "podsteps.model",
    "pools",
    "profiles",
    "progress",
    "pruning",
    "report.changes",
    "report.detail",
    "report.history",
    "report.jobs",
    "report.pools",
    "report.services",
    "replacement",
    "repository",
    "reviewed",
    "checked",
    "checking",
    "rollouts.checks",
    "rollouts.queries",
    "rollouts.templates",
    "schema.metrics",
    "schema.smoke",
    "underway",
    "smoke.asking",
    "smoke.difference",
    "smoke.testing",
    "rollouts.compile",
    "rollouts.traffic",
    "rollouts.weights",
    "scaled",
    "schema.artifacts",
    "schema.base",
    "schema.checks",
    "schema.cluster",
    "schema.config",
    "schema.environment",
    "schema.forge",
    "schema.gateway",
    "schema.job",
    "schema.manifest",
    "schema.mesh",
    "schema.network",
    "schema.paths",
    "schema.pool",
    "schema.probes",
    "schema.reading",
    "schema.rollout",
    "schema.sidecars",
    "schema.storage",
    "schema.volumes",
    "schedules",
    "sign_in",
    "source",
    "stamp",
    "surroundings",
    "templates",
    "traffic",
    "units",
    "waiting",
    "workloads",
    "zones",
]
READS = {"open", "read_text", "read_bytes", "iterdir", "glob", "rglob"}


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, also for type checking only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports(path: Path, *packages: str) -> set[str]:
    return {name for name in imported(path) if name.partition(".")[0] in packages}


def called(path: Path) -> set[str]:
    """Names of functions and methods that a file calls."""
    functions = [
        node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in functions}


@pytest.mark.parametrize("path", sources("infra"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_components_read_no_file(path: Path) -> None:
    assert imports(path, "yaml", "pathlib", "os", "io", "localcloud", "stacks") == set()
    assert not called(path) & READS


@pytest.mark.parametrize("path", sources("slipway"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_core_knows_no_pulumi_and_nobody_but_the_command_line_knows_the_stand_ins(path: Path) -> None:
    folder = path.relative_to(ROOT / "slipway").parts[0]
    if folder != "engine":
        assert imports(path, "pulumi", "pulumi_gcp", "pulumi_kubernetes", "infra", "stacks") == set()
    if folder != "cli":
        assert imports(path, "localcloud") == set()


@pytest.mark.parametrize("path", sources("stacks", "policies"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_stacks_know_no_stand_ins(path: Path) -> None:
    assert imports(path, "localcloud") == set()


def test_the_program_is_the_same_for_everyone() -> None:
    assert imports(ROOT / "__main__.py", "localcloud", "slipway") == set()


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


BLOCKED = """
import importlib.abc, sys
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ImportError(f"{{name}} is not for the core")
sys.meta_path.insert(0, Block())
"""


def test_the_core_is_imported_without_pulumi() -> None:
    blocked = BLOCKED.format(names={"pulumi", "pulumi_gcp", "pulumi_kubernetes", "localcloud", "grpc", "kubernetes"})
    modules = "\n".join(f"import slipway.{name}" for name in CORE)
    assert run(f"{blocked}\n{modules}\nprint('imported')") == "imported\n"


def test_the_list_of_the_core_is_complete() -> None:
    paths = [path.relative_to(ROOT / "slipway") for path in sources("slipway") if path.name != "__init__.py"]
    modules = {
        ".".join(path.with_suffix("").parts) for path in paths if path.parts[0] not in {"cli", "engine", "tools"}
    }
    assert modules == set(CORE) - {"cli.app"}


def test_help_comes_at_once() -> None:
    said = run(
        "import sys\nsys.argv = ['slipway', '--help']\nfrom slipway.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pulumi', 'pulumi_gcp', 'kubernetes', 'pydantic', 'yaml', 'rich', 'localcloud', 'grpc', 'psutil'}\n"
        "print('heavy:', sorted(heavy & sys.modules.keys()))"
    )
    assert "Usage: slipway" in said
    assert said.endswith("heavy: []\n")
