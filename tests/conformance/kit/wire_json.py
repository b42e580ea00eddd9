"""JSON as the runner writes and reads it."""

import json


def encode_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def parse_or_keep(text):
    try:
        return json.loads(text)
    except ValueError:
        return {"unparsed": text}
