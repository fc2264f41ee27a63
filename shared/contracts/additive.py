"""Whether a change of a JSON Schema within a version is additive: what was valid stays valid and keeps its meaning, and
whoever knows only the old schema still finds what it needs.

Allowed: a new optional field, a further word of a vocabulary (consumers first, then producers), a looser limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_CEILINGS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FLOORS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SHAPES = ("pattern", "format", "multipleOf", "uniqueItems")
_ABSENT = object()


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Every change that is not additive, as `path: what is wrong with it`; empty when `new` may replace `old`.

    Understands what pydantic generates: local `$ref`, `anyOf`, objects, arrays, enumerations and limits.
    """
    return list(_Comparison(old, new).of(old, new, "", ()))


@dataclass(frozen=True)
class _Comparison:
    """Both documents, because a `$ref` points into its own."""

    old: Schema
    new: Schema

    def of(self, old: Schema, new: Schema, path: str, seen: tuple[str, ...]) -> Iterator[str]:
        name = str(old.get("$ref", ""))
        if name and name in seen:
            return
        seen = (*seen, name) if name else seen
        before, after = _alternatives(old, self.old), _alternatives(new, self.new)
        for kind in sorted(before.keys() - after.keys()):
            yield f"{path or 'value'}: may no longer be {kind}"
        for kind in sorted(after.keys() - before.keys()):
            yield f"{path or 'value'}: may now be {kind}, which today's consumers cannot read"
        for kind in sorted(before.keys() & after.keys()):
            yield from _narrowed(before[kind], after[kind], path or "value")
            yield from self._fields(before[kind], after[kind], path, seen)
            yield from self._nested(before[kind], after[kind], path, seen)
        if path and new.get("default", _ABSENT) != old.get("default", _ABSENT):
            yield f"{path}: its default changed, so that a value left out means something else"

    def _fields(self, old: Schema, new: Schema, path: str, seen: tuple[str, ...]) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for field, schema in before.items():
            where = f"{path}.{field}".removeprefix(".")
            if field not in after:
                yield f"{where}: was removed"
                continue
            if field in needed_now - needed_before:
                yield f"{where}: is now required; events without it are on the topic already"
            if field in needed_before - needed_now:
                yield f"{where}: may now be absent, and today's consumers require it"
            yield from self.of(schema, after[field], where, seen)
        for field in sorted((after.keys() - before.keys()) & needed_now):
            yield f"{path}.{field}: ".removeprefix(".") + "is new and required; make it optional"

    def _nested(self, old: Schema, new: Schema, path: str, seen: tuple[str, ...]) -> Iterator[str]:
        for keyword, suffix in (("items", "[]"), ("additionalProperties", ".*")):
            before, after = old.get(keyword, True), new.get(keyword, True)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self.of(before, after, f"{path}{suffix}", seen)
            elif before is not False and after is not True and before != after:
                yield f"{path or 'value'}: {keyword} admits less than before"


def _alternatives(schema: Schema, document: Schema) -> dict[str, Schema]:
    """The types a value may have, without null: an absent value is left out on the wire, never written as null.

    Raises ValueError for two alternatives of one type, which would need a closer comparison than this one.
    """
    if "$ref" in schema:
        return _alternatives(_resolve(schema["$ref"], document), document)
    found: dict[str, Schema] = {}
    for choice in schema.get("anyOf", schema.get("oneOf", ())):
        chosen = _alternatives(choice, document)
        if chosen.keys() & found.keys():
            raise ValueError(f"two alternatives of type {min(chosen)}: cannot tell which one became which")
        found |= chosen
    if not found:
        found[str(schema.get("type", "anything"))] = schema
    found.pop("null", None)
    return found


def _resolve(reference: str, document: Schema) -> Schema:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    resolved: Schema = node
    return resolved


def _narrowed(old: Schema, new: Schema, path: str) -> Iterator[str]:
    words = _words(new)
    if words is not None:
        gone = sorted(str(word) for word in (_words(old) or set()) - words)
        if _words(old) is None:
            yield f"{path}: is now limited to a list of words"
        elif gone:
            yield f"{path}: no longer knows {', '.join(gone)}"
    for limit in (limit for limit in _CEILINGS if limit in new):
        if limit not in old or new[limit] < old[limit]:
            yield f"{path}: {limit} is lower than before"
    for limit in (limit for limit in _FLOORS if limit in new):
        if limit not in old or new[limit] > old[limit]:
            yield f"{path}: {limit} is higher than before"
    for shape in (shape for shape in _SHAPES if new.get(shape)):
        if new[shape] != old.get(shape):
            yield f"{path}: {shape} changed; what was valid may be refused"


def _words(schema: Schema) -> set[Any] | None:
    """The only values allowed; None when they are not listed."""
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None
