"""Settings that only the gateway has; its addresses are in facesvc.settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from facesvc.environment import SettingsError


class GatewaySettings(BaseSettings):
    """Frozen. Each field's environment variable is its name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", validate_default=True)

    gateway_upstream: str = Field(default="", pattern=r"^$|^.+:\d{1,5}$")
    """Address host:port of the gRPC server when it runs elsewhere; a name may stand for several
    replicas. Empty means the server that the supervisor starts."""
    gateway_trusted_hops: int = Field(default=0, ge=0, le=16)
    """Proxies of yours before Envoy, each of which adds to x-forwarded-for whom it calls for."""
    gateway_admin_host: str = "127.0.0.1"
    """Address that Envoy's metrics listen on; they can be read, nothing can be changed."""
    gateway_admin_port: int = Field(default=9901, ge=0, le=65535)
    """Port of Envoy's metrics; 0 takes a free one, and so does the default where it is taken, as by
    a second service on this machine."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call from a browser, separated by commas; "*" means all."""

    console: bool = True
    """Serve the web console at / and the API page at /docs, when make console has built them."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value


def load_gateway_settings() -> GatewaySettings:
    """Read the environment. Raises SettingsError naming each variable that is wrong."""
    try:
        return GatewaySettings()
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']} (got {item['input']!r})"
            for item in error.errors(include_url=False)
        ]
        raise SettingsError("\n".join(problems)) from None
