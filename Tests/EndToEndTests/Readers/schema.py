"""Validates YAML documents against a JSON Schema of draft 2020-12, and prints one JSON object.

Use: schema.py SCHEMA.json JOB.json

JOB.json has {"documents": {NAME: YAML}, "varied": [NAME, ...]}. The answer has
  errors    for each document that is refused, the place and the message of the likeliest mistake
  mappings  the mappings of the varied documents; "open" lists those that take an unknown key
  defaults  the defaults in the schema; "wrong" lists those that their own schema refuses
  variants  changed documents as JSON, each with what was changed and whether it is valid
"""
import copy
import json
import sys

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from ruamel.yaml import YAML

REPLACEMENTS = [None, True, -1, 0, 7, 0.5, 1e300, "word", "", [], [1], [[0.5, 1]], ["word"], {}, {"name": "word"}]


def places(value, path=()):
    """Every value below `value` by its path; not what keys that begin with x- hold."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            if not key.startswith("x-"):
                yield from places(inner, path + (key,))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from places(inner, path + (place,))


def changed(document, path, change):
    """A copy of the document in which `change` was applied to the holder of the value at `path` and its key."""
    copied = copy.deepcopy(document)
    holder = copied
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return copied


def variants(document):
    """Documents with one value replaced, one key removed, or one key added."""
    for path, value in places(document):
        name = ".".join(map(str, path))
        if isinstance(value, dict):
            for key in ["x-free", "unknown_key"]:
                yield f"{name} with {key}", changed(document, path + (key,), lambda at, key: at.update({key: 1}))
        if not path:
            continue
        yield f"{name} removed", changed(document, path, lambda at, key: at.pop(key))
        for new in REPLACEMENTS:
            yield f"{name} = {new!r}", changed(document, path, lambda at, key: at.__setitem__(key, new))


def defaults(schema, path=()):
    """Every schema that has a default, by its path."""
    if isinstance(schema, dict):
        if "default" in schema and "description" in schema:
            yield path, schema
        for key, inner in schema.items():
            yield from defaults(inner, path + (key,))
    elif isinstance(schema, list):
        for place, inner in enumerate(schema):
            yield from defaults(inner, path + (place,))


def main(schema_file, job_file):
    with open(schema_file) as file:
        schema = json.load(file)
    with open(job_file) as file:
        job = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    read = {name: YAML(typ="safe", pure=True).load(text) for name, text in job["documents"].items()}
    answer = {"errors": {}, "mappings": 0, "open": [], "defaults": 0, "wrong": [], "variants": []}
    for name, document in read.items():
        error = best_match(validator.iter_errors(document))
        if error:
            answer["errors"][name] = f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
    for name in job["varied"]:
        for change, document in variants(read[name]):
            valid = validator.is_valid(document)
            answer["variants"].append(
                {"change": f"{name}: {change}", "text": json.dumps(document), "isValid": valid})
            if change.endswith("unknown_key"):
                answer["mappings"] += 1
                if valid:
                    answer["open"].append(f"{name}: {change}")
    for path, part in defaults(schema):
        answer["defaults"] += 1
        own = {"$ref": "#/$defs/own", "$defs": {**schema["$defs"], "own": part}}
        if not Draft202012Validator(own).is_valid(part["default"]):
            answer["wrong"].append(".".join(map(str, path)))
    json.dump(answer, sys.stdout)


main(*sys.argv[1:])
