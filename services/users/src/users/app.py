"""The service users: people, login, archive, name and address."""

from fastapi import FastAPI

from shared.runtime.service import create_service
from users.accounts_alive import alive_from
from users.api import address_exports, footprints, imports, oauth, people, student_imports, users
from users.loops import loops_of
from users.settings import UsersSettings
from users.signing import AccessTokens
from users.subscriptions import subscriptions_of
from users.unit_of_work import UsersUnitOfWork


def create_app(settings: UsersSettings) -> FastAPI:
    """The service. Raises SigningKeyMissing."""
    access_tokens = AccessTokens(
        settings.signing_key_file, settings.jwks_file, settings.issuer, settings.access_token_seconds
    )
    app = create_service(
        settings,
        title="users",
        unit_of_work=UsersUnitOfWork,
        subscriptions=subscriptions_of(settings),
        routers=[
            oauth.router,
            users.router,
            people.router,
            footprints.router,
            imports.router,
            student_imports.router,
            address_exports.router,
        ],
        alive_from=alive_from,
        loops=loops_of(settings),
        public=frozenset({oauth.TOKEN_PATH, oauth.KEYS_PATH}),
        larger_bodies={
            part.PATH: part.MAX_BODY for part in (imports, student_imports, footprints, address_exports)
        },
        forms=frozenset({oauth.TOKEN_PATH}),
    )
    app.state.access_tokens = access_tokens
    return app
