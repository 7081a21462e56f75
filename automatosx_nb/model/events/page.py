"""The table of our topics in docs/events.md: ``python -m automatosx_nb.model.events.page`` prints it."""

from __future__ import annotations

from automatosx_nb.model.events.schemas import TOPICS, Schema, Topic


def render() -> str:
    """The rows of every topic, with what it carries."""
    rows = [f"| `{name}` | {_when(topic)} | {_data(topic.schema)} |" for name, topic in TOPICS.items()]
    return "\n".join(["| topic | when | data |", "| --- | --- | --- |", *rows]) + "\n"


def _when(topic: Topic) -> str:
    return f"{topic.when}; retained" if topic.retained else topic.when


def _data(schema: Schema) -> str:
    return "<br>".join(_property(name, each) for name, each in schema["properties"].items())


def _property(name: str, schema: Schema) -> str:
    items = schema.get("items", {})
    within = "" if "properties" not in items else f": {', '.join(f'`{key}`' for key in items['properties'])} each"
    return f"`{name}` ({_type(schema)}{within}): {schema['description']}"


def _type(schema: Schema) -> str:
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return " or ".join(types)


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201 - what it is for
