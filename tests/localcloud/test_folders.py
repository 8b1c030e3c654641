"""Where the stand-ins of each environment live, and that what is somebody else's is left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from localcloud.controlplane import ControlPlane
from localcloud.folders import VARIABLE, claim, exclusive, folder, folders, remove, start_command
from localcloud.workspace import prepare
from slipway.errors import FailedError
from slipway.schema.environment import Google

GOOGLE = Google(project="acme-ml-dev", number="100000000002", region="europe-west4")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_each_environment_has_a_folder_of_its_own(tmp_path: Path) -> None:
    assert folder(tmp_path) == tmp_path / ".slipway" / "local"
    assert folder(tmp_path, "dev") == tmp_path / ".slipway" / "dev"


def test_the_variable_names_the_one_of_local_and_the_others_are_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cloud"))
    assert folder(Path("/clone")) == tmp_path / "cloud"
    assert folder(Path("/clone"), "dev") == tmp_path / "cloud-dev"
    for name in ("local", "dev", "old"):
        claim(Path("/clone"), name)
    (tmp_path / "cloud-of-somebody").mkdir()
    assert list(folders(Path("/clone"))) == ["local", "dev", "old"]


def test_the_variable_of_another_environment_s_shell_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = claim(tmp_path, "dev")
    monkeypatch.setenv(VARIABLE, str(dev))
    with pytest.raises(FailedError, match="the folder of environment `dev`; unset it in this shell"):
        folder(tmp_path)
    with pytest.raises(FailedError, match="unset it"):
        folder(tmp_path, "staging")


def test_only_folders_that_say_whose_they_are_are_ours(tmp_path: Path) -> None:
    assert folders(tmp_path) == {}
    claim(tmp_path, "staging")
    claim(tmp_path, "dev")
    (tmp_path / ".slipway" / "notes").mkdir()
    (tmp_path / ".slipway" / "copied").mkdir()
    (tmp_path / ".slipway" / "copied" / "environment").write_text("dev\n")
    assert list(folders(tmp_path)) == ["dev", "staging"]


def test_a_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    assert claim(tmp_path, "dev").stat().st_mode & 0o777 == 0o700


def test_a_removal_that_is_cut_short_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dev = claim(tmp_path, "dev")
    (dev / "state").mkdir()
    (dev / "kubeconfig").write_text("{}")
    (dev / "link").symlink_to(tmp_path)
    real = os.rmdir

    def cut(path: str, **given: object) -> None:
        del path, given
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rmdir", cut)
    with pytest.raises(KeyboardInterrupt):
        remove(dev)
    assert folders(tmp_path) == {"dev": dev}
    monkeypatch.setattr(os, "rmdir", real)
    remove(dev)
    assert folders(tmp_path) == {}
    assert tmp_path.exists()


def test_one_command_at_a_time_for_each(tmp_path: Path) -> None:
    with exclusive(tmp_path, "dev", "slipway up dev --offline"):
        with (
            pytest.raises(FailedError, match=r"at work here \(slipway up dev --offline, process"),
            exclusive(tmp_path, "dev", "slipway destroy dev --offline"),
        ):
            pass
        with exclusive(tmp_path, "staging", "slipway up staging --offline") as found:
            assert found == tmp_path / ".slipway" / "staging"


def test_what_is_not_started_says_how_it_is(tmp_path: Path) -> None:
    assert start_command(claim(tmp_path, "local")) == "slipway cluster start"
    assert start_command(claim(tmp_path, "dev")) == "slipway cluster start -e dev"
    with pytest.raises(FailedError, match="run `slipway cluster start -e dev`"):
        ControlPlane(folder(tmp_path, "dev")).kubeconfig()


def test_the_work_directory_touches_nothing_of_the_account(tmp_path: Path) -> None:
    made = prepare(tmp_path, "dev", GOOGLE, Path("/opt/pulumi/bin/pulumi"))
    dev = tmp_path / ".slipway" / "dev"
    assert made.directory == dev / "work"
    assert made.secrets_provider == "passphrase"
    assert made.variables["PULUMI_BACKEND_URL"] == f"file://{dev}/state?metadata=skip"
    assert made.variables[VARIABLE] == str(dev)
    assert "gcp" in made.stand_ins
    project = yaml.safe_load((dev / "work" / "Pulumi.yaml").read_text())
    for provider in project["plugins"]["providers"]:
        assert (dev / "work" / provider["path"] / f"pulumi-resource-{provider['name']}").resolve().is_file()
    assert json.loads((dev / "gcp" / "projects.json").read_text()) == {"acme-ml-dev": "100000000002"}
    typed = f"(cd {dev}/work && . ./env.sh && pulumi preview -s dev.platform)"
    assert made.command("preview -s dev.platform").startswith(typed)


def test_the_plain_cli_is_offered_with_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = tmp_path / "bin" / "pulumi"
    made = prepare(tmp_path, "dev", GOOGLE, pulumi)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert made.command("up").endswith("  (needs pulumi-language-python, which is not installed here)")
    pulumi.parent.mkdir()
    host = pulumi.with_name("pulumi-language-python")
    host.touch(0o755)
    assert made.command("up").endswith("pulumi up)")
