"""docs/messages.md and docs/asyncapi.json are what the contracts say."""

import json
from pathlib import Path

import pytest

from shared.contracts.catalogue import CONTRACTS
from shared.contracts.documentation import asyncapi, messages_page, written

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["messages.md", "asyncapi.json"])
def test_the_document_is_up_to_date(name):
    assert (DOCS / name).read_text() == written(CONTRACTS)[name], "renew it with `make docs`"


def test_every_message_has_its_section_and_its_line():
    page = messages_page(CONTRACTS)
    for kind in CONTRACTS.by_type:
        assert f"### {kind}\n" in page
        assert f"[`{kind}`](#{kind.replace('.', '')})" in page


def references(value: object):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    document = json.loads(json.dumps(asyncapi(CONTRACTS)))
    assert document["asyncapi"] == "3.0.0"
    found = set(references(document))
    assert found
    for reference in found:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
