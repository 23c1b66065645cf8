"""What editors' completion and the docs are made from. ``python -m publisher.config.schema`` writes both anew."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from publisher.config.catalogue import Key, keys_of
from publisher.config.schedules import ProjectShape
from publisher.config.values import duration_text

SCHEMA_FILE = "docs/schedules.schema.json"
PAGE = "docs/schedules.md"
BEGIN, END = "<!-- keys: written by `python -m publisher.config.schema` -->\n", "<!-- end of keys -->\n"


class _Generator(GenerateJsonSchema):
    """Writes defaults as an editor would."""

    def encode_default(self, dft: Any) -> Any:
        return _written(dft)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of schedules.yaml."""
    schema = _tidy(TypeAdapter(ProjectShape).json_schema(by_alias=True, schema_generator=_Generator))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "schedules.yaml of Publisher", **schema}


def _tidy(node: Any) -> Any:
    """Take out what pydantic adds for Python: titles, and null, which the file may not say."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _tidy(value) for name, value in node.items() if not _is_noise(name, value)}
    if kept.pop("later", False):
        kept["description"] = f"{kept['description']} (read, not carried out yet)"
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    if options:
        kept = {**(options[0] if len(options) == 1 else {"anyOf": options}), **kept}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return kept


def _is_noise(name: str, value: Any) -> bool:
    is_title = name == "title" and isinstance(value, str)
    return is_title or name == "propertyNames" or (name == "default" and value is None)


def schema_text() -> str:
    """Return the schema as the file that is kept."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def key_table() -> str:
    """Return the table of all keys, in Markdown."""
    rows = ["| key | default | meaning | carried out |", "|---|---|---|---|"]
    rows += [_row(key) for key in keys_of(ProjectShape)]
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """Return the page with its table made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{key_table()}\n{END}{after}"


def _row(key: Key) -> str:
    default = "required" if key.required else _shown(key.default)
    about = key.about.replace("|", "\\|")
    return f"| `{key.place}` | {default} | {about} | {'later' if key.later else 'yes'} |"


def _shown(default: Any) -> str:
    written = _written(default)
    if written in (None, "", {}, []):
        return ""
    return f"`{json.dumps(written) if isinstance(written, bool) else written}`"


def _written(default: Any) -> Any:
    if isinstance(default, timedelta):
        return duration_text(default)
    if isinstance(default, tuple):
        return ", ".join(default)
    return default if isinstance(default, str | int | float | bool | dict) else None


def main() -> None:
    """Write the schema and the table where they are kept."""
    Path(SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
    page = Path(PAGE)
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
