"""What describes the interface: OpenAPI of all that programs may ask, with each address's own way to say who asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from publisher.web.below import base

TITLE = "Publisher"
ABOUT = (
    "Everything that the console does. Requests to /api/v1 bring a token of one of the staff: "
    "`Authorization: Bearer TOKEN`. Errors say in `error`, in a sentence, what is wrong and what to do. "
    "Lists answer a page: `items`, and `after`, which is said as `after` to get the next one and is empty on the last; "
    "`limit` says how many, 200 at most."
)
SHAPES = "#/components/schemas/"
METHODS = ("get", "put", "post", "delete", "patch")


class Refused(BaseModel):
    """Why nothing was done."""

    error: str


def describe(web: FastAPI) -> None:
    """Let the application describe itself in full."""
    plain: Callable[[], dict[str, Any]] = web.openapi

    def described() -> dict[str, Any]:
        if web.openapi_schema is None:
            _complete(plain())
        return {**(web.openapi_schema or {}), "servers": [{"url": base() or "/"}]}

    web.openapi = described  # type: ignore[method-assign] # as FastAPI's documentation does it


def _complete(schema: dict[str, Any]) -> None:
    from publisher.sources.pushed import PushedArticle  # here: it brings the parsers of pages along

    for path, method, operation in _operations(schema):
        parts = [part.strip("{}") for part in path.removeprefix("/api/").removeprefix("v1/").split("/")]
        operation["tags"] = [parts[0]]
        operation["operationId"] = re.sub(r"\W", "_", "_".join([method, *parts]))
        summary, _, rest = operation.get("description", "").partition("\n")
        operation["summary"] = summary.rstrip(".") or operation["summary"]
        operation["description"] = rest.strip() or summary
    for shape in (PushedArticle, Refused):
        _add(schema, shape)
    schema["tags"] = [{"name": tag} for tag in sorted({each["tags"][0] for _, _, each in _operations(schema)})]
    for ours_alone in ("HTTPValidationError", "ValidationError"):  # FastAPI's own words for errors: we have others
        schema["components"]["schemas"].pop(ours_alone, None)


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                yield path, method, operation


def _add(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Add the shape of a body that FastAPI neither reads nor writes."""
    shape = model.model_json_schema(ref_template=f"{SHAPES}{{model}}")
    schema["components"]["schemas"] |= {**shape.pop("$defs", {}), model.__name__: shape}


def body_of(shape: dict[str, Any]) -> dict[str, Any]:
    """Return what says of an operation that it takes such a body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape}}}}
