"""PostgreSQL's side of a connection: TLS, one read-only transaction, one statement. Runs in a thread of its own.

https://www.postgresql.org/docs/15/protocol-message-formats.html. The driver is pg8000, as ADR 20 says.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, cast

import orjson
import pg8000.dbapi

from .api import Answer
from .contract import Fault, Malformed, Unreachable, Unsupported
from .database import Line, Overflow, Query, SecureLine

TLS: Final = struct.pack("!ii", 8, 80877103)  # SSLRequest
OLDEST: Final = 13
GRACE: Final = 0.9  # of the deadline, after which the server is to stop by itself
HTTP: Final[Mapping[str, int]] = {"28": 401, "53": 503, "57": 503, "58": 503, "XX": 503, "08": 503, "40": 503}


def speak(line: Line, query: Query) -> Answer:
    """The statement's answer. Ends the connection. Raises Unreachable and Malformed."""
    fault: Fault | None = None
    refused: Any = None
    line.left = query.cap
    line.settimeout(query.seconds)
    try:
        with _secured(line, query.secure, query) if query.secure else line as talking:
            return _answered(talking, query)
    except Overflow:
        fault = Malformed(f"the answer is over {query.cap} bytes", code="cap")
    except pg8000.dbapi.DatabaseError as error:
        refused = error.args[0]
    except ssl.SSLCertVerificationError:
        told = f"{query.host} shows a certificate that is not trusted here, or of another name; see ca_file"
        fault = Unreachable(told, code="tls")
    except ssl.SSLError:
        fault = Unreachable(f"TLS with {query.host} failed", code="tls")
    except pg8000.dbapi.InterfaceError as error:
        fault = Unreachable(f"{query.host} cut its answer short or broke the connection", code="cut")
        if str(error) != "network error":
            fault = Malformed(f"the server and the driver do not understand each other: {error}", code="protocol")
    except OSError:
        fault = Unreachable(f"the connection to {query.host} broke", code="broken")
    except Fault:
        raise
    except Exception as error:  # whatever the driver stumbles over in bytes that are not the protocol's
        words = f"what {query.host} answers is not PostgreSQL's protocol ({type(error).__name__})"
        fault = Malformed(words, code="protocol")
    if fault is None:  # outside of the handlers: what the driver raises holds the connection with its password
        return _refused(refused)
    raise fault


def _secured(line: Line, context: ssl.SSLContext, query: Query) -> SecureLine:
    """The line with TLS on it; the plain one is closed where there is none to be had."""
    with contextlib.ExitStack() as undone:
        undone.callback(line.close)
        line.sendall(TLS)
        said = line.recv(1)
        if said != b"S":
            words = "has no TLS: give it a certificate" if said == b"N" else "does not answer as PostgreSQL does"
            raise Unreachable(f"{query.host} {words}", code="tls")
        made = cast("SecureLine", context.wrap_socket(line, server_hostname=query.host))
        made.left = query.cap
        undone.pop_all()
    return made


def _answered(line: Line | SecureLine, query: Query) -> Answer:
    connection = pg8000.dbapi.Connection(
        query.user, password=query.password, database=query.database, host=query.host, sock=line, ssl_context=False,
        application_name="driftline",
    )  # fmt: skip
    try:
        _known(connection.parameter_statuses)
        connection.autocommit = True  # the transaction is ours
        cursor = connection.cursor()
        cursor.execute(
            "BEGIN TRANSACTION READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'; "
            "SET LOCAL row_security = off; SET LOCAL DateStyle = 'ISO'; "
            f"SET LOCAL statement_timeout = {max(1, int(query.seconds * GRACE * 1000))}"
        )
        cursor.execute(query.sql, query.values)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if cursor.rowcount != len(rows):
            raise Malformed(f"{len(rows)} rows came, and the server says {cursor.rowcount}", code="cut")
    finally:
        with contextlib.suppress(pg8000.dbapi.Error, OSError):
            connection.close()
    return Answer(200, {"content-type": "application/json"}, _json(rows))


def _known(told: Mapping[str, str]) -> None:
    """What speaks the protocol and is something else has a catalogue of its own, which nobody here has tried."""
    version = re.match(r"(\d+)(\.\d+)*( |$)", told.get("server_version", ""))
    if version is None or int(version[1]) < OLDEST or "crdb_version" in told:
        words = f"expected PostgreSQL {OLDEST} or later; what only speaks its protocol (Redshift, CockroachDB, …)"
        raise Unsupported(f"{words} is not read", code="server")


def _json(rows: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"rows": rows}, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def _refused(told: Any) -> Answer:
    """An error as the server says it, under the status by which HTTP would say the same."""
    if not isinstance(told, dict) or not isinstance(state := told.get("C"), str):
        raise Malformed("the server refuses without a code", code="protocol")
    status = 403 if state == "42501" else HTTP.get(state[:2], 400)
    body = {"sqlstate": state, "message": str(told.get("M") or "")}
    return Answer(status, {"content-type": "application/json"}, orjson.dumps(body))
