"""What every command has: the options of the connection, JSON, and errors as exit statuses."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer

from facesvc import __version__
from facesvc.cli import exits
from facesvc.cli.connection import Connection, Service, connect
from facesvc.cli.errors import UsageError, describe
from facesvc.cli.output import Output

_PANEL = "Connection"
Json = Annotated[bool | None, typer.Option("--json", help="Answer in JSON.", show_default=False)]


def _option(*names: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, rich_help_panel=_PANEL)


_CONNECTION: dict[str, Any] = {
    "server": Annotated[
        str | None,
        _option(
            "--server",
            "--address",
            metavar="HOST:PORT",
            text="gRPC address; else FACESVC_SERVER, else HOST:GRPC_PORT, else 127.0.0.1:50051.",
        ),
    ],
    "api_key_env": Annotated[
        str | None,
        _option(
            "--api-key-env",
            metavar="VARIABLE",
            text="Variable that holds the API key; else FACESVC_API_KEY.",
        ),
    ],
    "tls": Annotated[bool | None, _option("--tls", text="TLS, by the system's authorities.")],
    "ca": Annotated[
        Path | None, _option("--ca", metavar="FILE", text="TLS, by this authority (PEM).")
    ],
    "cert": Annotated[
        Path | None, _option("--cert", metavar="FILE", text="This client's certificate (PEM).")
    ],
    "key": Annotated[
        Path | None, _option("--key", metavar="FILE", text="The certificate's key (PEM).")
    ],
}


_DEFAULTS = {"context": inspect.Parameter.empty, "version": False}


@dataclass(frozen=True)
class Call:
    """What a command works with."""

    out: Output
    service: Service


@dataclass(frozen=True)
class Given:
    """Options that stood before the command's name."""

    connection: Connection
    as_json: bool


def given_before(context: typer.Context, as_json: bool | None, **connection: Any) -> None:
    """Remember options that stand before the command's name."""
    context.obj = Given(Connection(**connection), bool(as_json))


def root_options(run: Callable[..., None]) -> Callable[..., None]:
    """Give the root ``run(context, version, **given)`` the common options, too."""

    @functools.wraps(run)
    def command(**arguments: Any) -> None:
        run(**arguments)

    def tell_version(wanted: bool) -> None:
        if wanted:
            sys.stdout.write(f"{__version__}\n")
            raise typer.Exit

    version = typer.Option(
        "--version", help="Tell the version and end.", callback=tell_version, is_eager=True
    )
    options = {"context": typer.Context, "version": Annotated[bool, version]}
    return _with_options(command, None, options | _CONNECTION | {"as_json": Json})


def connected(run: Callable[..., int]) -> Callable[..., None]:
    """Make a command of ``run(call, ...)``: it is given the service, and its status is returned."""

    @functools.wraps(run)
    def command(context: typer.Context, **arguments: Any) -> None:
        given = _given(context, arguments)
        raise typer.Exit(
            guarded(lambda: _with_service(given, run, arguments), given.connection.address)
        )

    return _with_options(command, run, {"context": typer.Context, **_CONNECTION, "as_json": Json})


def alone(run: Callable[..., int]) -> Callable[..., None]:
    """Make a command of ``run(out, ...)``, which needs no service."""

    @functools.wraps(run)
    def command(context: typer.Context, **arguments: Any) -> None:
        out = Output(as_json=_given(context, arguments).as_json)
        raise typer.Exit(guarded(lambda: run(out, **arguments), ""))

    return _with_options(command, run, {"context": typer.Context, "as_json": Json})


def guarded(run: Callable[[], int], address: str) -> int:
    """Return a command's exit status, with its errors told on stderr."""
    from facesvc.cli.told import told_errors

    try:
        return run()
    except UsageError as error:
        return fail(str(error), exits.USAGE)
    except told_errors() as error:
        return fail(str(error))
    except grpc.RpcError as error:
        return fail(describe(error, address))
    except KeyboardInterrupt:
        return fail("Interrupted.", exits.INTERRUPTED)


def fail(message: str, status: int = exits.FAILED) -> int:
    """Tell an error; return the exit status."""
    sys.stderr.write(f"facesvc: {message}\n")
    return status


def _with_service(given: Given, run: Callable[..., int], arguments: dict[str, Any]) -> int:
    with connect(given.connection) as service:
        return run(Call(Output(as_json=given.as_json), service), **arguments)


def _given(context: typer.Context, arguments: dict[str, Any]) -> Given:
    """Take the common options out of the arguments; the command's own stand before the root's."""
    before: Given = context.find_root().obj or Given(Connection(), False)
    own = {
        field.name: value
        for field in fields(Connection)
        if (value := arguments.pop(field.name, None)) is not None
    }
    as_json = arguments.pop("as_json", None)
    return Given(replace(before.connection, **own), before.as_json if as_json is None else as_json)


def _with_options(
    command: Callable[..., None], run: Callable[..., int] | None, options: dict[str, Any]
) -> Callable[..., None]:
    """Give a command the parameters of ``run`` but the first, and the common options."""
    own = list(inspect.signature(run, eval_str=True).parameters.values())[1:] if run else []
    common = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_DEFAULTS.get(name),
            annotation=annotation,
        )
        for name, annotation in options.items()
    ]
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    command.__signature__ = inspect.Signature([*named, *common])  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in [*named, *common]}
    del command.__wrapped__  # type: ignore[attr-defined] # else its signature would be read
    return command
