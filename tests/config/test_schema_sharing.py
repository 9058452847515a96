from synthmix.config.schema_sharing import share_repeated

RATE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "multipleOf": 0.000001}


def test_what_repeats_is_one_definition_and_each_place_keeps_its_notes():
    schema = {
        "properties": {
            "rate": RATE | {"description": "Of the start."},
            "final": RATE | {"description": "Of the end.", "default": 0.1},
            "rates": {"type": "array", "items": RATE},
            "seed": {"type": "integer"},
            "first": {"type": "integer"},
        }
    }

    reference = {"$ref": "#/$defs/rate"}
    assert share_repeated(schema) == {
        "properties": {
            "rate": reference | {"description": "Of the start."},
            "final": reference | {"description": "Of the end.", "default": 0.1},
            "rates": {"type": "array", "items": reference},
            "seed": {"type": "integer"},
            "first": {"type": "integer"},
        },
        "$defs": {"rate": RATE},
    }


def test_definitions_of_one_name_are_numbered():
    wide = RATE | {"maximum": 2}
    lists = {"type": "array", "items": RATE}, {"type": "array", "items": wide}
    properties = {"rate": RATE, "rates": lists[0]}, {"rate": wide, "rates": lists[1]}
    models = {"First": {"properties": properties[0]}, "Second": {"properties": properties[1]}}

    shared = share_repeated({"$defs": models})["$defs"]

    assert shared["rate"] == RATE
    assert shared["rate_2"] == wide
    assert shared["Second"]["properties"]["rate"] == {"$ref": "#/$defs/rate_2"}
