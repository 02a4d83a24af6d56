"""Who may call: the static token, tokens from the token endpoint, and their scopes (contracts 2.7).

The contract knows neither the address nor the answer of the token endpoint (contracts 6, E14), so
it answers as RFC 6749 section 4.4 says. An issued token is a JWT that carries its own end.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from setlist.sandbox.experiture.errors import refusal
from setlist.sandbox.experiture.settings import SCOPES
from setlist.sandbox.vendor import Answer, Call, Refusal

STATIC = "sandbox"
_ORG = "org_default"
_SIGNING = b"the sandbox signs for nobody"
_FORM = "application/x-www-form-urlencoded"


def issue_token(call: Call) -> Answer:
    """POST client credentials as a form and get a bearer token, valid for `token_lifetime` seconds."""
    form = _form(call)
    if form.get("grant_type") != "client_credentials":
        raise _oauth(400, "unsupported_grant_type" if "grant_type" in form else "invalid_request")
    if not form.get("client_id") or "client_secret" not in form:
        raise _oauth(400, "invalid_request")
    clients: Mapping[str, str] = call.place.settings["clients"]
    if clients.get(form["client_id"]) != form["client_secret"]:
        raise _oauth(401, "invalid_client")
    return _issued(call, _wanted(call, form))


def organisation(call: Call, scope: str) -> str:
    """Return whose campaigns the bearer may see; refuse with 401, or 403 without the scope."""
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise _unauthorised("UNAUTHORIZED", "A bearer token is required")
    known: Mapping[str, str] = call.place.settings["tokens"] or {STATIC: _ORG}
    claims = {"org": known[token], "scope": SCOPES} if token in known else _claims(call, token)
    if scope not in set(claims["scope"]) & set(call.place.settings["scopes"]):
        message = f"The token lacks the scope {scope}"
        raise refusal(403, "CDP_ETL.AUTH.FORBIDDEN", message, path="scope", value=scope, remedy=f"Grant {scope}")
    return str(claims["org"])


def _form(call: Call) -> dict[str, str]:
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _oauth(400, "invalid_request")
    pairs = parse_qsl(call.body.decode("latin-1"), keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise _oauth(400, "invalid_request")
    return dict(pairs)


def _wanted(call: Call, form: Mapping[str, str]) -> list[str]:
    granted: list[str] = call.place.settings["scopes"]
    asked = form.get("scope", "").split() or granted
    if not set(asked) <= set(granted):
        raise _oauth(400, "invalid_scope")
    return asked


def _issued(call: Call, scopes: list[str]) -> Answer:
    lifetime: int = call.place.settings["token_lifetime"]
    claims = {
        "jti": call.place.store.next_number("experiture:token"),
        "exp": call.place.store.now().timestamp() + lifetime,
        "org": _ORG,
        "scope": scopes,
    }
    token = _signed(f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(claims)}")
    body = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime, "scope": " ".join(scopes)}
    return Answer(200, body, {"cache-control": "no-store"})


def _claims(call: Call, token: str) -> dict[str, Any]:
    content = token.rpartition(".")[0]
    if not hmac.compare_digest(_signed(content).encode(), token.encode()):
        raise _unauthorised("TOKEN_INVALID", "The token is not one of ours")
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(content.partition(".")[2]))
    if claims["exp"] <= call.place.store.now().timestamp():
        raise _unauthorised("TOKEN_EXPIRED", "The token has expired")
    return claims


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _signed(content: str) -> str:
    return f"{content}.{binascii.hexlify(hmac.digest(_SIGNING, content.encode(), hashlib.sha256)).decode()}"


def _oauth(status: int, error: str) -> Refusal:
    return Refusal(Answer(status, {"error": error}, {"cache-control": "no-store"}))


def _unauthorised(name: str, message: str) -> Refusal:
    made = refusal(401, f"CDP_ETL.AUTH.{name}", message, path="authorization", remedy="Get a new token")
    return Refusal(Answer(401, made.answer.body, {"www-authenticate": "Bearer"}))
