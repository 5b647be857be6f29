"""People come in with a project file: accounts, codes, names and addresses, roles; all of them or none.

The same file again changes nothing: who was imported is known by (source, external id), so he keeps the code
he was allotted. Students of a file that tells no codes or names get both ("Leerling 900001"). Guardians come
with their children of the same file, and keep those they have elsewhere. However many people there are, it
takes the same number of statements.
"""

from collections.abc import Collection, Iterator
from itertools import count

from shared.clock import now
from shared.contracts.ids import UserCode
from shared.contracts.values import UserKind
from shared.runtime.access import Caller
from users.features.import_writing import ImportWriting
from users.features.people_checks import Known, check_people
from users.features.people_file import GUARDIAN_PREFIX, Imported, PeopleFile
from users.models.user import as_username
from users.passwords import hash_password, is_password
from users.unit_of_work import UsersUnitOfWork


async def import_people(uow: UsersUnitOfWork, caller: Caller, file: PeopleFile) -> Imported:
    """Take over all people of the file. Raises ImportRefused with every problem; then nothing happens.

    Archived people are listed and left alone, but a guardian whom a departure took along comes back with an
    active child.
    """
    passwords = await _new_passwords(uow, caller, file)
    await uow.imported_people.wait_turn()
    known = await _known(uow, file)
    check_people(file, known, caller)
    codes = await _codes(uow, file, known)
    students = [codes[one.external_id] for one in file.people if one.kind is UserKind.STUDENT]
    writing = ImportWriting(
        at=now(),
        file=file,
        codes=codes,
        copies=await uow.placement_copies.of([code for code in codes.values() if code not in known.users]),
        roles_held=await uow.role_assignments.held_by(
            [codes[person.external_id] for person in file.people if person.roles is not None]
        ),
        students=students,
        children_held=await uow.guardianships.children_of(
            [codes[person.external_id] for person in file.people if person.children is not None], students
        ),
        gone=frozenset(code for code, user in known.users.items() if user.is_archived),
        by=caller.code,
    )
    imported = Imported(codes)
    for person in file.people:
        code = codes[person.external_id]
        user = known.users.get(code)
        if user is None:
            writing.create(code, person, passwords.get(person.external_id))
            imported.created += 1
        elif user.is_archived and not writing.bring_back(user, person):
            imported.archived.append(code)
        elif writing.update(user, person, passwords.get(person.external_id)):
            imported.updated += 1
        else:
            imported.unchanged += 1
    await writing.write(uow)
    await uow.imported_people.add(
        file.source, {key: code for key, code in codes.items() if key not in known.codes}
    )
    return imported


async def _known(uow: UsersUnitOfWork, file: PeopleFile) -> Known:
    codes = await uow.imported_people.of_source(file.source)
    told = [person.code or codes.get(person.external_id) for person in file.people]
    users = await uow.users.lock(code for code in told if code is not None)
    names = {as_username(name) for person in file.people for name in (person.username, person.code) if name}
    return Known(codes, users, await uow.users.owners_of(names))


async def _codes(uow: UsersUnitOfWork, file: PeopleFile, known: Known) -> dict[str, UserCode]:
    """For each external id the code it tells or had before, else the first free number."""
    told = {person.external_id: person.code or known.codes.get(person.external_id) for person in file.people}
    taken = {name for person in file.people for name in (person.code, person.username) if name}
    if None in told.values():
        for prefix in ("", GUARDIAN_PREFIX):
            taken |= await uow.users.numbers_in_use(prefix, above=file.codes_from)
    numbers, for_guardians = (_free(prefix, file.codes_from, taken) for prefix in ("", GUARDIAN_PREFIX))
    guardians = {one.external_id for one in file.people if one.kind is UserKind.GUARDIAN}
    return {
        external_id: UserCode(code or next(for_guardians if external_id in guardians else numbers))
        for external_id, code in told.items()
    }


def _free(prefix: str, above: int, taken: Collection[str]) -> Iterator[str]:
    codes = (f"{prefix}{number}" for number in count(above + 1))
    return (code for code in codes if code not in taken)


async def _new_passwords(uow: UsersUnitOfWork, caller: Caller, file: PeopleFile) -> dict[str, str]:
    """By external id the hashes of passwords that are new; the same password again is no change.

    Each takes its time: nothing may wait for it, so the connection and its locks are given back first.
    """
    given = {person.external_id: person.password for person in file.people if person.password is not None}
    if not given:
        return {}
    known = await _known(uow, file)
    check_people(file, known, caller)
    before = {
        person.external_id: user.password_hash
        for person in file.people
        if (user := known.find(person)) is not None
    }
    await uow.let_go()
    return {
        external_id: await hash_password(password)
        for external_id, password in given.items()
        if not await is_password(password, before.get(external_id))
    }
