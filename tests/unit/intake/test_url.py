"""The URL grammar, the address rules and the allow-list."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from facesvc.domain.errors import ImageUrlRefusedError
from facesvc.images.fetch.address_rules import is_public
from facesvc.images.fetch.policy import AllowList, Policy
from facesvc.images.fetch.url import parse_url

WEB_PORTS = (80, 443)


@pytest.mark.parametrize(
    ("text", "authority", "target"),
    [
        ("http://example.com", "example.com", "/"),
        ("HTTPS://Example.COM:443/A.jpg?x=1#top", "example.com", "/A.jpg?x=1"),
        ("http://my_bucket.s3.example/a%20b", "my_bucket.s3.example", "/a%20b"),
        ("http://example.com:8080?q=[1]|2", "example.com:8080", "/?q=[1]|2"),
        ("http://93.184.216.34/", "93.184.216.34", "/"),
        ("http://[2606:4700:0::1]:81/", "[2606:4700::1]:81", "/"),
        ("http://example.com/é.jpg", "example.com", "/%C3%A9.jpg"),
    ],
)
def test_plain_urls_are_read(text: str, authority: str, target: str) -> None:
    """What real images are found under passes, in its canonical spelling."""
    url = parse_url(text)
    assert (url.authority, url.target) == (authority, target)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ftp://example.com/", "scheme"),
        ("example.com/a.jpg", "scheme"),
        ("http:/example.com/", "scheme"),
        ("http://user@example.com/", "user_info"),
        ("http://example.com\\@127.0.0.1/", "characters"),
        ("http://exa\tmple.com/", "characters"),
        ("http://example.com /", "characters"),
        ("http://127.1/", "host"),
        ("http://0x7f000001/", "host"),
        ("http://127.0.0.01/", "host"),
        ("http://1.2.3.4./", "host"),
        ("http://exämple.com/", "host"),
        ("http://example.com./", "host"),
        ("http://-a.example/", "host"),
        ("http:///a", "host"),
        ("http://[::1%25lo]/", "host"),
        ("http://[::1/", "authority"),
        ("http://example.com:/", "authority"),
        ("http://example.com:080/", "authority"),
        ("http://example.com:99999/", "port"),
        ("http://example.com/" + "a" * 8192, "length"),
    ],
)
def test_odd_urls_are_refused_by_the_rule_that_says_so(text: str, rule: str) -> None:
    """Every other spelling is refused, and the error names the rule but not the URL."""
    with pytest.raises(ImageUrlRefusedError) as refused:
        parse_url(text)
    assert refused.value.metadata == {"rule": rule}
    assert "example" not in refused.value.message


@pytest.mark.parametrize(
    "location", ["//127.1/", "http://a@b/", "\\\\evil", "/a\tb", "gopher://x/"]
)
def test_redirect_targets_meet_the_same_grammar(location: str) -> None:
    """A Location is read like a caller's URL."""
    with pytest.raises(ImageUrlRefusedError):
        parse_url("http://example.com/a").join(location)


def test_relative_redirects_stay_on_the_host() -> None:
    """A relative Location is resolved against the URL that sent it."""
    url = parse_url("https://example.com:8443/a/b?c").join("../d.jpg")
    assert (url.scheme, url.authority, url.target) == ("https", "example.com:8443", "/d.jpg")


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.9.9.9",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.9",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3ffe::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%lo",
        "fec0::1",
        "ff02::1",
        "2606:4700::5efe:7f00:1",
        "2606:4700::200:5efe:7f00:1",
        "5f00::1",
    ],
)
def test_inner_and_special_addresses_are_not_public(text: str) -> None:
    """Each special range of IPv4 and each way of IPv6 back inside is refused."""
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::200e"]
)
def test_public_addresses_are_public(text: str) -> None:
    """Ordinary web servers can be reached."""
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("allow", "url", "addresses", "rule"),
    [
        ("", "http://a.example/", ["1.1.1.1"], None),
        ("", "http://a.example/", ["1.1.1.1", "127.0.0.1"], "address"),
        ("", "http://a.example:8080/", ["1.1.1.1"], "port"),
        ("a.example", "http://a.example:8080/", ["10.0.0.1"], None),
        ("A.Example:8080", "http://a.example:8080/", ["10.0.0.1"], None),
        ("a.example:8080", "http://a.example/", ["10.0.0.1"], "address"),
        ("a.example:8080", "http://a.example:81/", ["10.0.0.1"], "port"),
        ("a.example", "http://b.a.example/", ["10.0.0.1"], "address"),
        ("127.0.0.0/8", "http://127.0.0.1:5000/", ["127.0.0.1"], None),
        ("127.0.0.0/8", "http://b.example:5000/", ["127.0.0.1", "127.0.0.2"], None),
        ("127.0.0.0/8", "http://b.example:5000/", ["127.0.0.1", "1.1.1.1"], "port"),
        ("127.0.0.0/8", "http://b.example/", ["127.0.0.1", "10.0.0.1"], "address"),
        ("10.0.0.1:99", "http://10.0.0.1:99/", ["10.0.0.1"], None),
        ("10.0.0.1:99", "http://10.0.0.1:98/", ["10.0.0.1"], "port"),
        ("[fd00::1]:99, other", "http://[fd00::1]:99/", ["fd00::1"], None),
        ("fd00::/8", "http://[fd00::2]:1234/", ["fd00::2"], None),
        ("[fd00::]/8", "http://[fd00::2]:1234/", ["fd00::2"], None),
        ("fd00::2", "http://[fd00::2]:1234/", ["fd00::2"], None),
        ("::1", "http://[::1]:1234/", ["::1"], None),
    ],
)
def test_policy_admits_public_addresses_and_what_the_operator_named(
    allow: str, url: str, addresses: list[str], rule: str | None
) -> None:
    """An allow-list entry opens its host, address or network, on its port or on all."""
    policy, target = Policy(WEB_PORTS, AllowList.parse(allow)), parse_url(url)
    try:
        policy.check_before_lookup(target)
        policy.check_addresses(target, [ip_address(text) for text in addresses])
        met = None
    except ImageUrlRefusedError as error:
        met = error.metadata["rule"]
    assert met == rule


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "host/8",
        "http://a",
        "a:0",
        "a:70000",
        "[::1",
        "1.2.3",
        "-a",
        "[a]",
        "a:b:c",
        "*.a",
    ],
)
def test_bad_allow_list_entry_is_named(text: str) -> None:
    """A typing error in IMAGE_URL_ALLOW stops the start, with the entry in the text."""
    with pytest.raises(ValueError, match=r"is no|holds no|port above") as error:
        AllowList.parse(f"good.example,{text}")
    assert text in str(error.value)
