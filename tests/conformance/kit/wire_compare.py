"""What was seen of two servers, without what may differ, and how it differs."""

from wire_json import encode_json


def normalise(value, ignore):
    """Drop what may differ: stacks, validation messages, and what the case ignores."""
    if isinstance(value, list):
        return [normalise(item, ignore) for item in value]
    if not isinstance(value, dict):
        return value
    value = {k: normalise(v, ignore) for k, v in value.items()}
    data = value.get("data")
    if isinstance(data, dict) and "httpStatus" in data and "message" in value:
        data.pop("stack", None)
        if data.get("validation") is True:
            value["message"] = "<validation message>"
        elif "message" in ignore:
            value["message"] = "<ignored>"
    return value


def diff(want, got, path=""):
    """Yield one line for each difference."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want | got:
            where = f"{path}.{key}" if path else key
            if key not in got:
                yield f"{where}: missing, want {show(want[key])}"
            elif key not in want:
                yield f"{where}: unexpected {show(got[key])}"
            else:
                yield from diff(want[key], got[key], where)
    elif isinstance(want, list) and isinstance(got, list):
        for index, (w, g) in enumerate(zip(want, got)):
            yield from diff(w, g, f"{path}[{index}]")
        if len(want) != len(got):
            longer = (want if len(want) > len(got) else got)[min(len(want), len(got))]
            yield f"{path}: want {len(want)} items, got {len(got)}; first odd one {show(longer)}"
    elif want != got or isinstance(want, bool) != isinstance(got, bool):
        yield f"{path}: want {show(want)}, got {show(got)}"


def show(value):
    text = encode_json(value)
    return text if len(text) < 160 else text[:160] + "..."
