"""models.config and the entrypoint."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from ranking_serving.digest import DigestError, check, digest_of
from ranking_serving.entrypoint import command
from ranking_serving.serving_config import ServingConfig, SettingsError

FOLDER = Path(__file__).parents[1]
RELEASE = {"MODEL_NAME": "ranking", "MODEL_VERSION": "42", "MODEL_BASE": "gs://models"}


def test_the_labels_follow_the_release() -> None:
    """Stable is the released version; only named versions are loaded."""
    config = ServingConfig.read(RELEASE)
    assert (config.labels, config.versions, config.base_path) == ({"stable": 42}, [42], "gs://models/ranking")
    config = ServingConfig.read(RELEASE | {"CANARY_MODEL_VERSION": "43"})
    assert (config.labels, config.versions) == ({"stable": 42, "canary": 43}, [42, 43])
    config = ServingConfig.read(RELEASE | {"CANARY_MODEL_VERSION": "42"})
    assert (config.labels, config.versions) == ({"stable": 42, "canary": 42}, [42])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MODEL_NAME": ""}, "MODEL_NAME is not set"),
        ({"MODEL_NAME": "a b"}, "MODEL_NAME is 'a b'"),
        ({"MODEL_VERSION": "v42"}, "MODEL_VERSION is 'v42'"),
        ({"MODEL_VERSION": "0"}, "whole numbers above 0"),
        ({"MODEL_VERSION": "9223372036854775808"}, "whole numbers above 0"),
        ({"MODEL_VERSION": "٤٢"}, "whole numbers above 0"),
        ({"CANARY_MODEL_VERSION": "-1"}, "CANARY_MODEL_VERSION is '-1'"),
        ({"MODEL_BASE": "models"}, "MODEL_BASE is 'models'"),
        ({"MODEL_BASE": "/models\n}"}, "control character"),
    ],
)
def test_a_wrong_variable_is_named(change: dict[str, str], message: str) -> None:
    """The message says which one and what would be right."""
    with pytest.raises(SettingsError) as raised:
        ServingConfig.read(RELEASE | change)
    assert message in str(raised.value)


def test_the_text_is_a_model_server_config() -> None:
    """Protobuf's own parser reads it, with the fields of TensorFlow Serving's message, quotes included."""
    base = '/odd "base"\\'
    config = ServingConfig.read(RELEASE | {"MODEL_BASE": base, "CANARY_MODEL_VERSION": "43"})
    message = text_format.Parse(config.render(), message_factory.GetMessageClass(_message_type())())
    model = message.model_config_list.config[0]  # pyright: ignore[reportAttributeAccessIssue]
    assert (model.name, model.base_path, model.model_platform) == ("ranking", f"{base}/ranking", "tensorflow")
    assert list(model.model_version_policy.specific.versions) == [42, 43]
    assert {label.key: label.value for label in model.version_labels} == {"stable": 42, "canary": 43}


def _message_type():  # noqa: ANN202 -- protobuf gives its descriptors no public type
    """Declare the part of ModelServerConfig that we write; a map is a repeated key and value in the text format."""
    file = descriptor_pb2.FileDescriptorProto(name="slipway_test_model_server_config.proto", syntax="proto3")
    types = descriptor_pb2.FieldDescriptorProto
    fields = {
        "Specific": [("versions", types.TYPE_INT64, "")],
        "Policy": [("specific", types.TYPE_MESSAGE, "Specific")],
        "Label": [("key", types.TYPE_STRING, ""), ("value", types.TYPE_INT64, "")],
        "Model": [
            ("name", types.TYPE_STRING, ""),
            ("base_path", types.TYPE_STRING, ""),
            ("model_platform", types.TYPE_STRING, ""),
            ("model_version_policy", types.TYPE_MESSAGE, "Policy"),
            ("version_labels", types.TYPE_MESSAGE, "Label"),
        ],
        "Models": [("config", types.TYPE_MESSAGE, "Model")],
        "ModelServerConfig": [("model_config_list", types.TYPE_MESSAGE, "Models")],
    }
    repeated = {"versions", "version_labels", "config"}
    for name, members in fields.items():
        message = file.message_type.add(name=name)
        for number, (field, kind, of) in enumerate(members, 1):
            label = types.LABEL_REPEATED if field in repeated else types.LABEL_OPTIONAL
            message.field.add(name=field, number=number, type=kind, type_name=f".{of}" if of else None, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindMessageTypeByName("ModelServerConfig")


def test_the_command_line_names_ports_and_files(tmp_path: Path) -> None:
    """Labels of versions that are still loading are allowed, else the first start would fail."""
    line = command({"REST_PORT": "9001"}, tmp_path / "models.config")
    assert "--port=8500" in line
    assert "--rest_api_port=9001" in line
    assert "--allow_version_labels_for_unavailable_models=true" in line
    monitoring = next(word.partition("=")[2] for word in line if word.startswith("--monitoring_config_file"))
    assert "/monitoring/prometheus/metrics" in Path(monitoring).read_text()


def _entrypoint(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ranking_serving.entrypoint", *arguments],
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_entrypoint_becomes_the_server(tmp_path: Path) -> None:
    """It renders the file and hands its process over, with the exit code."""
    server = tmp_path / "tensorflow_model_server"
    server.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\nexit 7\n')
    server.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    ended = _entrypoint(RELEASE | {"PATH": path, "CONFIG_DIRECTORY": str(tmp_path)}, "--extra=1")
    assert ended.returncode == 7
    assert ended.stdout.splitlines()[-1] == "--extra=1"
    assert f"--model_config_file={tmp_path}/models.config" in ended.stdout
    assert (tmp_path / "models.config").read_text() == ServingConfig.read(RELEASE).render()


def test_the_entrypoint_refuses_in_a_sentence(tmp_path: Path) -> None:
    """A wrong variable, a wrong digest, and a machine without the server."""
    assert _entrypoint({}).stderr == "ranking: MODEL_NAME is not set; the release has to give it\n"
    (tmp_path / "ranking" / "42").mkdir(parents=True)
    local = RELEASE | {"MODEL_BASE": str(tmp_path), "CONFIG_DIRECTORY": str(tmp_path)}
    wrong = _entrypoint(local | {"MODEL_DIGEST": "sha256:00"})
    assert (wrong.returncode, "but MODEL_DIGEST wants sha256:00" in wrong.stderr) == (1, True)
    absent = _entrypoint(local | {"PATH": str(tmp_path)})
    assert (absent.returncode, "run ranking_serving.plain" in absent.stderr) == (1, True)
    assert _entrypoint(local, "--print-config").stdout == ServingConfig.read(local).render()


def test_the_digest_is_that_of_sha256sum(tmp_path: Path) -> None:
    """Anyone can check it with coreutils; names and contents count."""
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c").write_bytes(b"1")
    lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in (("a/c", b"1"), ("b", b"2")))
    assert digest_of(tmp_path) == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    check(tmp_path, digest_of(tmp_path))
    (tmp_path / "b").rename(tmp_path / "d")
    with pytest.raises(DigestError, match="another version is mounted"):
        check(tmp_path, "sha256:" + hashlib.sha256(lines.encode()).hexdigest())
    with pytest.raises(DigestError, match="no such version"):
        check(tmp_path / "absent", "sha256:00")
