"""Which places on the network may be asked on behalf of somebody who typed an address.

**Source** IANA special-purpose address registries (RFC 6890 and its successors).
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

import idna

Address = IPv4Address | IPv6Address

_NO_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared behind a provider's NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, with the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")  # all global unicast there is
_NO_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_6TO4 = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")

# What a server of the house may have (RFC 1918, 6598, 4193, loopback). Link-local stays shut, for clouds
# hand out their keys at 169.254.169.254.
_HOUSE = tuple(
    IPv4Network(network)
    for network in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_HOUSE_V6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))

_SCHEMES = {"https": "https", "http": "http", "webcal": "https"}
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LONGEST_URL = 2000  # every server takes that much; addresses with a secret have some 200
_LONGEST_NAME = 253  # RFC 1035 section 2.3.4, as text
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# A host or an IPv6 address without zone, perhaps a port; no name and no password.
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::[0-9]*)?")
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")  # RFC 3986 section 2


class BadAddress(ValueError):
    """An address that is never asked; the text tells nothing of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One web address taken apart. `host` is in ASCII, IPv6 without brackets; `target` begins with /."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """`host` or `host:port`, as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The one spelling of the address."""
        return f"{self.scheme}://{self.authority}{self.target}"


def place(url: str) -> Place:
    """Take a web address apart; webcal is https. What stands after # is dropped.

    **Raises** `BadAddress` for another scheme, a name or password inside, characters that need an escape,
    a host that is none, or a number that is no dotted quad (`0x7f.1`).
    """
    url = url.strip(" ")
    if len(url) > _LONGEST_URL:
        raise BadAddress
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadAddress from error
    scheme = _SCHEMES.get(parts.scheme)
    path_and_query = parts.path + (f"?{parts.query}" if parts.query else "")
    if scheme is None or not _NETLOC.fullmatch(parts.netloc) or not parts.hostname or port == 0:
        raise BadAddress
    if not _URL_CHARACTERS.fullmatch(path_and_query) or not url.isprintable() or "\\" in url:
        raise BadAddress
    target = path_and_query if path_and_query.startswith("/") else "/" + path_and_query
    return Place(scheme, _host(parts.hostname), port or _DEFAULT_PORTS[scheme], target)


def is_public(address: Address) -> bool:
    """Whether this is global unicast. Addresses that wrap an IPv4 address are as public as that one."""
    if isinstance(address, IPv6Address):
        if inner := _wrapped(address):
            return is_public(inner)
        return (
            address in _PUBLIC_V6
            and not address.scope_id
            and not any(address in network for network in _NO_PUBLIC_V6)
        )
    return not any(address in network for network in _NO_PUBLIC_V4)


def is_in_the_house(address: Address) -> bool:
    """Whether an operator's exception may lead to this address: private, shared or loopback."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_in_the_house(address.ipv4_mapped)
        return any(address in network for network in _HOUSE_V6)
    return any(address in network for network in _HOUSE)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4 or NAT64 one (RFC 4291, 3056, 6052)."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _6TO4:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _host(name: str) -> str:
    """The host in ASCII. Looking at the last label is what browsers do to tell numbers from names."""
    try:
        if ":" in name:  # as only one in brackets has
            return str(IPv6Address(name))
        ascii_name = name.lower() if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
        ascii_name = ascii_name.removesuffix(".")
        labels = ascii_name.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(ascii_name))
    except ValueError as error:  # AddressValueError and IDNAError are ones
        raise BadAddress from error
    if len(ascii_name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress
    return ascii_name
