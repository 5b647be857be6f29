"""Every password of a stack: random, made once, kept in its folder, readable by its owner alone."""

import secrets

from local_stack.folder import Folder

NAMES = (
    "postgres",
    "rabbitmq",
    *(
        f"{service}_{role}"
        for service in ("portal", "users", "desktop_sync")
        for role in ("app", "owner", "amqp")
    ),
    "automation_amqp",
    *(f"login_{login}" for login in ("application_manager", "student_office", "timetabler", "student")),
)


def kept_credentials(folder: Folder) -> dict[str, str]:
    kept: dict[str, str] = folder.read("secrets.json")
    missing = [name for name in NAMES if name not in kept]
    if missing:
        kept = kept | {name: secrets.token_hex(16) for name in missing}
        # Tells this stack's databases from another's on a server that was given to us.
        kept.setdefault("suffix", secrets.token_hex(3))
        folder.write("secrets.json", kept)
    return kept
