"""Which addresses a webhook may be sent to: what is out on the internet, and this machine's loopback.

A webhook makes the portal ask an address that a person typed. It must not become a way into the school's
own network or a cloud's metadata (server-side request forgery), neither by a number nor by a name that
points there, today or later.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from portal.errors import UrlFault, WebhookUrlRefused

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_INSIDE = (
    ip_network("168.63.129.16/32"),  # the host's own service in Azure
    ip_network("192.0.0.0/24"),  # holds that of Oracle
    ip_network("64:ff9b:1::/48"),  # RFC 8215: local translation
)
"""Inside, though older Pythons, or their own number, say otherwise."""


def check_url(url: str) -> str:
    """The host of a URL we may send to, by its form alone. Raises WebhookUrlRefused."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise WebhookUrlRefused(fault=UrlFault.CREDENTIALS)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_by_name(host)):
        raise WebhookUrlRefused(fault=UrlFault.NOT_HTTPS)
    return host


def check_addresses(host: str, addresses: list[Address], *, private_allowed: bool) -> None:
    """Every address of a host must do: which one is used is not ours to say. Raises WebhookUrlRefused."""
    if not addresses:
        raise WebhookUrlRefused(fault=UrlFault.UNKNOWN_HOST)
    by_name = is_loopback_by_name(host)
    if by_name and all(address.is_loopback for address in addresses):
        return
    if by_name or not (private_allowed or all(map(is_public, addresses))):
        raise WebhookUrlRefused(fault=UrlFault.PRIVATE_ADDRESS)


def is_loopback_by_name(host: str) -> bool:
    """Whether a person wrote loopback; a name that merely points there is a trap."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: Address) -> bool:
    """Out on the internet, also once what is embedded in it is unwrapped."""
    if isinstance(address, IPv6Address):
        embedded = _embedded(address)
        if embedded is not None:
            return is_public(embedded)
        if address.is_site_local:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _INSIDE)
    )


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this one may end up at."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
