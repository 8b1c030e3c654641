"""Writes docs/reference/ from the schema: what may stand in an environment and in a manifest.

`python tools/reference.py` writes the pages anew; a test compares them with what is committed.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from slipway import profiles  # noqa: E402 - the repository need not be installed
from slipway.schema import base, probes  # noqa: E402
from slipway.schema.artifacts import ImageReference, ModelReference  # noqa: E402
from slipway.schema.environment import Environment  # noqa: E402
from slipway.schema.job import CronJob, Job, ScheduleText, TimeZone  # noqa: E402
from slipway.schema.manifest import Service  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

FOLDER: Final = ROOT / "docs" / "reference"
_WORDS: Final[tuple[tuple[Any, str], ...]] = (
    (base.Label, "name (DNS label, up to 40 characters)"),
    (base.LabelKey, "key of a label"),
    (base.LabelValue, "value of a label"),
    (base.Variable, "name of an environment variable"),
    (base.Duration, "duration, such as `90s`, `5m` or `2h`"),
    (base.Short, "duration of at most `1h`"),
    (base.Cpu, "cores, such as `500m`, `2` or `0.5`"),
    (base.Memory, "memory, such as `512Mi` or `2Gi`"),
    (base.Share, "pods: a percentage or a number, such as `25%` or `1`"),
    (base.Range, "private IPv4 range, such as `10.0.0.0/20`"),
    (ImageReference, "image: `REGISTRY/NAME@sha256:...`"),
    (ModelReference, "model: `NAME/VERSION@sha256:...`"),
    (probes.Path, "path, such as `/readyz`"),
    (ScheduleText, "schedule, such as `30 2 * * *`"),
    (TimeZone, "time zone, such as `Europe/Berlin`"),
)
_PLAIN: Final = {str: "text", int: "whole number", bool: "true or false"}


def pages() -> dict[str, str]:
    """The pages by file name."""
    return {
        "environment.md": _page("Environments", "environments/NAME.yaml", Environment),
        "manifest.md": _page("Manifests", "manifests/TEAM/NAME.yaml", Service),
        "job.md": _page("Jobs", "manifests/TEAM/NAME.yaml, kind: Job", Job),
        "cron-job.md": _page("Cron jobs", "manifests/TEAM/NAME.yaml, kind: CronJob", CronJob),
        "profiles.md": _profiles(),
    }


def _profiles() -> str:
    """The safety profiles, from the table that the platform is made with."""
    lines = [
        "# Safety profiles",
        "",
        "<!-- Written by `make reference` from slipway/profiles.py; edit the table there. -->",
        "",
        "An environment names one: `profile: hardened` is the default. Its file may only add to the profile: a value",
        "that is weaker is refused with the file's line, the profile and the reason.",
        "",
        "## What profiles choose",
        "",
        f"| setting | {' | '.join(profiles.NAMES)} | reason | source |",
        "|---|---|---|---|---|---|",
    ]
    for row in profiles.SETTINGS:
        values = " | ".join(_value(value) for value in row.values)
        lines.append(f"| {row.title} | {values} | {row.reason} | {row.source} |")
    lines += ["", "## What is on in every profile", "", "| what | reason | source |", "|---|---|---|"]
    lines += [f"| {row.what} | {row.reason} | {row.source} |" for row in profiles.ALWAYS]
    return "\n".join([*lines, ""])


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.0%}" if isinstance(value, float) else f"`{value}`" if isinstance(value, str) else str(value)


def _page(title: str, file: str, model: type[BaseModel]) -> str:
    """One page: the file's own keys, then each block with a section of its own, in the order in which they appear."""
    lines = [
        f"# {title}",
        "",
        "<!-- Written by `make reference` from slipway/schema; edit the descriptions there. -->",
        "",
        f"One file, `{file}`. Unknown keys are refused. A key without a default has to be there.",
        "",
    ]
    sections = [(file, model), *_blocks(model, "")]
    for path, block in sections:
        lines += [f"## `{path}`", "", (block.__doc__ or "").strip().replace("\n    ", "\n"), ""]
        lines += ["| key | what | default | meaning |", "|---|---|---|---|"]
        lines += [_row(field.alias or name, field) for name, field in block.model_fields.items()]
        lines.append("")
    return "\n".join(lines)


def _row(name: str, field: FieldInfo) -> str:
    what = _words(_annotation(field))
    return f"| `{name}` | {what} | {_default(field)} | {(field.description or '').replace('|', '/')} |"


def _annotation(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "**required**"
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        given = value.model_dump(exclude_defaults=True, by_alias=True)
        return f"`{json.dumps(given)}`" if given else "its own defaults"
    if isinstance(value, dict) and value and all(isinstance(item, BaseModel) for item in value.values()):
        return ", ".join(f"`{name}` with its own defaults" for name in value)
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"


def _words(annotation: Any) -> str:
    """A type in words."""
    for known, words in _WORDS:
        if annotation == known:
            return words
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        named = next((words for known, words in _WORDS if _same(annotation, known)), None)
        return named or f"{_words(arguments[0])}{_bounds(arguments[1:])}"
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(dict.fromkeys(_words(item) for item in arguments if item is not type(None)))
    if origin is typing.Literal:
        return " or ".join(f"`{item}`" for item in arguments)
    if origin is list:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"mapping of {_words(arguments[0])} to {_words(arguments[1])}"
    if _is_block(annotation):
        return "mapping"
    return _PLAIN.get(annotation, "text")


def _same(annotation: Any, known: Any) -> bool:
    """Whether the checks of `known` are among those of `annotation`: a field merges both."""
    return bool(set(map(id, known.__metadata__)) & set(map(id, annotation.__metadata__)))


def _bounds(metadata: tuple[Any, ...]) -> str:
    found: dict[str, int] = {}
    for item in metadata:
        for bound in (item, *getattr(item, "metadata", ())):
            found |= {name: value for name in ("ge", "le") if (value := getattr(bound, name, None)) is not None}
    return f", {found['ge']} to {found['le']}" if {"ge", "le"} <= found.keys() else ""


def _is_block(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _blocks(model: type[BaseModel], above: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every block below `model` with its path; a block that a union offers says which of them it is."""
    for name, field in model.model_fields.items():
        path = f"{above}{field.alias or name}"
        for inner, suffix in _inside(field.annotation):
            where = f"{path}{suffix}"
            strategy = inner.model_fields.get("strategy")
            shown = f"{where} (strategy: {typing.get_args(strategy.annotation)[0]})" if strategy else where
            yield shown, inner
            yield from _blocks(inner, f"{where}.")


def _inside(annotation: Any) -> list[tuple[type[BaseModel], str]]:
    if _is_block(annotation):
        return [(annotation, "")]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        return [(inner, f".NAME{suffix}") for inner, suffix in _inside(arguments[1])]
    if origin is list:
        return [(inner, f"[]{suffix}") for inner, suffix in _inside(arguments[0])]
    if origin is Annotated:
        return _inside(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        return [found for item in arguments for found in _inside(item)]
    return []


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {(FOLDER / name).relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
