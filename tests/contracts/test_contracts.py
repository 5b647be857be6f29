"""Rules every message keeps, and its shape as a snapshot: a change of a contract is a visible diff.

Renew the snapshots with `UPDATE_SNAPSHOTS=1 make test ARGS=tests/contracts`, and think: fields may be added
with a default; anything else that readers would notice is a new message `…V2`.
"""

import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, date
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ValidationError

from shared.clock import now
from shared.contracts import changes, commands, copies, facts
from shared.contracts.catalogue import CONTRACTS
from shared.contracts.ids import STUDENT_CODE_PATTERN
from shared.contracts.message import COMMANDS, FACTS, Command, Fact, Message
from shared.contracts.rights import Permission
from shared.contracts.values import Party
from shared.messaging.wire import Arrival, to_amqp

MESSAGES = list(CONTRACTS.by_type.values())
SNAPSHOTS = Path(__file__).parent / "snapshots"
OWNERS = {Party.PORTAL, Party.USERS, Party.DESKTOP}

every_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)


@every_message
def test_the_shape_is_the_snapshot(message):
    file = SNAPSHOTS / f"{message.type}.json"
    shape = json.dumps(message.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(shape, encoding="utf-8")
    assert file.exists(), f"a new message: {__doc__}"
    assert file.read_text(encoding="utf-8") == shape, __doc__


def test_no_snapshot_is_left_of_a_message_that_is_gone():
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(CONTRACTS.by_type)


def messages_in(module: object) -> Iterable[type[Message]]:
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, Message) and "type" in vars(thing):
            yield thing


def test_every_message_that_is_written_is_in_the_catalogue_once():
    wrote = [message for module in (commands, facts, changes, copies) for message in messages_in(module)]
    assert sorted(m.type for m in wrote) == sorted(CONTRACTS.by_type)
    assert len({message.__name__ for message in wrote}) == len(wrote)


@every_message
def test_the_type_is_owner_subject_and_verb_of_version_one(message):
    assert re.fullmatch(r"(portal|users|desktop)\.[a-z]+(-[a-z]+)*\.[a-z]+\.v1", message.type)


@every_message
def test_the_class_is_named_as_the_type(message):
    """`users.account.archived.v1` ↔ AccountArchived, `desktop.student.delete.v1` ↔ DeleteStudent."""
    _, subject, verb, _ = message.type.split(".")
    words = re.findall(r"[A-Z][a-z]+", message.__name__)
    subject_word, verb_word = (
        (words[1:], words[0]) if issubclass(message, Command) else (words[:-1], words[-1])
    )
    assert ("".join(subject_word).lower(), verb_word.lower()) == (subject.replace("-", ""), verb)
    assert not message.__name__.endswith(("Event", "Message", "Command"))


@every_message
def test_the_owner_answers_for_it(message):
    owner = Party(message.type.partition(".")[0])
    assert owner in OWNERS
    assert message.senders
    assert message.receivers
    if issubclass(message, Command):
        assert message.receivers == {owner}
        assert isinstance(message.permission, Permission)
        assert message.exchange == COMMANDS
    else:
        assert issubclass(message, Fact)
        assert message.senders == {owner}
        assert message.exchange == FACTS


@every_message
def test_it_says_what_it_is_for(message):
    assert vars(message).get("__doc__")


PERSONAL = re.compile(
    r"name|prefix|birth|date_of|address|street|house_number|post|city|country|mail|phone|gender|sex|bsn|photo|"
    r"password|secret|token|note|remark|comment|text"
)
NOT_PERSONAL = {"version"}


def fields_of(model: type[BaseModel]) -> Iterable[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield name, field
        for part in parts_in(field.annotation):
            yield from fields_of(part)


def parts_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_in(argument)


@every_message
def test_personal_data_travels_in_personal_messages_only(message):
    personal = {name for name, _ in fields_of(message) if PERSONAL.search(name)} - NOT_PERSONAL
    assert bool(personal) == message.personal, personal


def test_the_messages_that_are_personal_are_those_of_a_person():
    assert sorted(message.type for message in MESSAGES if message.personal) == [
        "users.person.change.v1",
        "users.person.changed.v1",
        "users.person.register.v1",
    ]


@every_message
def test_no_field_is_free_text_but_of_a_person(message):
    """A code is the one key across services; a bare `str` is where a name slips in."""
    free = {name for name, field in fields_of(message) if field.annotation is str and not field.metadata}
    assert not free or message.personal, free


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


SCALARS = {
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    str: TEXTS,
    UUID: st.uuids(),
    date: st.dates(),
    NoneType: st.none(),
}


def values_of(annotation: Any, metadata: Iterable[Any] = ()) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    """Values of a field's type: all that the contracts use."""
    metadata = [rule for one in metadata for rule in getattr(one, "metadata", [one])]
    if any(getattr(one, "pattern", None) == STUDENT_CODE_PATTERN for one in metadata):
        return st.from_regex(re.compile(STUDENT_CODE_PATTERN), fullmatch=True).map(lambda code: code[:20])
    patterns = [one.pattern for one in metadata if getattr(one, "pattern", None)]
    if patterns:
        return st.from_regex(re.compile(patterns[0], re.ASCII), fullmatch=True).map(str.rstrip)
    if hasattr(annotation, "__metadata__") and annotation is not AwareDatetime:
        return values_of(annotation.__origin__, annotation.__metadata__)
    if hasattr(annotation, "__supertype__"):
        return values_of(annotation.__supertype__)
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return st.one_of(*map(values_of, get_args(annotation)))
    if origin is list:
        return st.lists(values_of(get_args(annotation)[0]), min_size=1 if metadata else 0, max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return models(annotation)
    if getattr(annotation, "__members__", None):
        return st.sampled_from(list(annotation))
    if annotation is str and any(getattr(one, "min_length", None) for one in metadata):
        return TEXTS.filter(bool)
    return SCALARS.get(annotation, st.datetimes(timezones=st.just(UTC)))


def models(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {name: values_of(f.annotation, f.metadata) for name, f in model.model_fields.items()}
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


@every_message
def test_it_comes_off_the_wire_as_it_went_on(message):
    @settings(max_examples=25, deadline=None)
    @given(models(message))
    def travels(sent: Message) -> None:
        row = {
            "message_id": uuid4(),
            "type": sent.type,
            "body": json.loads(json.dumps(sent.model_dump(mode="json"))),  # by way of JSONB
            "correlation_id": "c",
            "traceparent": None,
            "created_at": now(),
        }
        onto = to_amqp(row, "portal")  # type: ignore[arg-type]
        assert onto.message_id
        arrival = Arrival(UUID(onto.message_id), sent.type, onto.body, "c", None, "portal")
        received = arrival.read(CONTRACTS.by_type)
        assert received.model_dump() == sent.model_dump()
        assert received.envelope
        assert received.envelope.sender == "portal"

    travels()


@every_message
def test_readers_ignore_what_they_do_not_know_and_never_quote_what_they_cannot_read(message):
    assert message.model_config["extra"] == "ignore"
    with pytest.raises(ValidationError) as refused:
        message.model_validate_json(json.dumps({name: {"secret": "Jansen"} for name in message.model_fields}))
    assert "Jansen" not in str(refused.value)


@every_message
def test_it_cannot_be_changed_on_the_way(message):
    assert message.model_config["frozen"]
