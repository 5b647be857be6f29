# One image for every process of Doorstroom; the command says which: `python -m portal serve`, `doorstroom demo`, …
# The plain builder will do (no BuildKit). Any Debian-like base with Python 3.11 or newer serves as BASE_IMAGE.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ARG UV_VERSION=0.13.9
ENV UV_PROJECT_ENVIRONMENT=/opt/doorstroom \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1
# Debian's bare python3 cannot make virtual environments, and has no certificates.
# Where the base has an authority of its own (a school's network), pip must trust it too.
# hadolint ignore=DL3008
RUN set -e; \
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null || [ ! -f /etc/ssl/certs/ca-certificates.crt ]; then \
      apt-get update; \
      apt-get install --yes --no-install-recommends ca-certificates python3-venv; \
      rm -rf /var/lib/apt/lists/*; \
    fi; \
    python3 -m venv /opt/uv; \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt /opt/uv/bin/python -m pip install \
      --disable-pip-version-check --no-cache-dir "uv==${UV_VERSION}"
ENV UV_SYSTEM_CERTS=1
WORKDIR /build
# First what changes seldom: the libraries.
COPY pyproject.toml uv.lock ./
COPY shared/pyproject.toml shared/
COPY services/portal/pyproject.toml services/portal/
COPY services/users/pyproject.toml services/users/
COPY services/desktop-sync/pyproject.toml services/desktop-sync/
COPY services/gateway/pyproject.toml services/gateway/
COPY local/pyproject.toml local/
COPY cli/pyproject.toml cli/
# Without local/: the private servers of `make up` have no place here.
ARG PACKAGES="--package portal --package users --package desktop-sync --package gateway --package doorstroom"
RUN /opt/uv/bin/uv sync --locked --no-dev --no-install-workspace ${PACKAGES}
COPY shared shared
COPY services services
COPY cli cli
RUN /opt/uv/bin/uv sync --locked --no-dev --no-editable ${PACKAGES}

FROM ${BASE_IMAGE}
# Fixed numbers: the servers' containers are given this group, to read the files that are theirs.
RUN groupadd --gid 10001 doorstroom \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin doorstroom
# An empty volume takes over the owner of the folder it is mounted on.
RUN set -e; \
    for folder in kept postgres rabbitmq migrate topology manager portal users desktop-sync gateway demo; do \
      install --directory --owner=10001 --group=10001 --mode=0750 "/run/doorstroom/$folder"; \
    done
COPY --from=build /opt/doorstroom /opt/doorstroom
COPY deploy /app/deploy
WORKDIR /app
ENV PATH=/opt/doorstroom/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# An image that cannot start, or does not know the Dutch clock, is refused here.
RUN python -c "import portal.app, users.app, desktop_sync.app, gateway.app, doorstroom.main, zoneinfo; \
zoneinfo.ZoneInfo('Europe/Amsterdam')"
USER 10001:10001
