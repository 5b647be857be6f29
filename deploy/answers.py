"""`python -m deploy.answers URL`: ends well where that says 200. By it a container tells how it is."""

import http.client
import sys
from urllib.parse import urlsplit

SECONDS = 4


def answers(url: str) -> bool:
    """Whether what is asked says 200; OSError where nothing listens."""
    parts = urlsplit(url)
    # http.client and not urllib: a proxy in the environment must not be asked about 127.0.0.1.
    asked = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
    asked.request("GET", parts.path)
    return asked.getresponse().status == http.HTTPStatus.OK


if __name__ == "__main__":
    sys.exit(not answers(sys.argv[1]))
