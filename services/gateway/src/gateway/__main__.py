"""`python -m gateway serve`."""

import sys

from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.logging import log_to_stdout
from shared.runtime.process import serve

if __name__ == "__main__":
    if sys.argv[1:] != ["serve"]:
        raise SystemExit("usage: python -m gateway serve")
    log_to_stdout("gateway")
    settings = GatewaySettings()
    serve(create_app(settings), settings.host, settings.port)
