"""What Google's APIs have in common: how one signs in, and how they say no. No vendor of its own.

Where the facts are from: developers.google.com/identity/protocols/oauth2/service-account (the assertion: `iss`,
`scope`, `aud`, an hour at most; `sub` only to stand in for a person, which is not done here), google.aip.dev/193
(`error.status`, and `reason` in an ErrorInfo among `error.details`), and Drive's page on resolving errors (the older
`error.errors[].reason`, which some APIs answer beside it).

Credentials, least first: no key at all, but an access token that something else obtains (`gcloud auth
print-access-token --impersonate-service-account=… --scopes=…`, or a sidecar with workload identity, through
`${cmd:}` or `${file:}`: it is read again whenever it is refused); new organizations do not let service accounts have
keys unless somebody allows it. Else a service account's key: `client_email` and `private_key` of its JSON file. No
answer tells what a token may do without carrying that token in its address, so grants are not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from probes.kit.api import Client
from probes.kit.auth import AuthorizeCode, Header, JwtBearer, RefreshToken, Scheme
from probes.kit.contract import Expired
from probes.kit.errors import Errors
from probes.kit.listing import OptionSpec

LOGIN: Final = "https://oauth2.googleapis.com"
AUTH: Final = "https://www.googleapis.com/auth/"
LOGIN_OPTION: Final = OptionSpec(default=LOGIN, says="where tokens are obtained")
CODE: Final = (
    "error.errors[0].reason || (error.details[?reason] | [0].reason) || error.status ||"
    " (type(error) == 'string' && error || null)"
)
# Of an answer, that it is a list without rows: an empty one is left out.
EMPTY: Final = "!(keys(@)[?@ != 'nextPageToken'])"
# `incompleteSearch` is Drive's: a list that was not searched to its end, in a 200.
ERRORS: Final = Errors(
    failed="incompleteSearch",
    failed_is=True,
    code=CODE,
    message="error.message || error_description || (incompleteSearch && 'not everything was searched' || null)",
    faults={
        "rateLimitExceeded": "throttled", "userRateLimitExceeded": "throttled", "quotaExceeded": "throttled",
        "RATE_LIMIT_EXCEEDED": "throttled", "RESOURCE_EXHAUSTED": "throttled",
        "dailyLimitExceeded": "throttled until_reset", "authError": "expired", "UNAUTHENTICATED": "expired",
        "ACCESS_TOKEN_EXPIRED": "expired", "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "denied", "PERMISSION_DENIED": "denied",
        "SERVICE_DISABLED": "denied", "accessNotConfigured": "denied", "backendError": "unreachable",
        "UNAVAILABLE": "unreachable", "INTERNAL": "unreachable", "DEADLINE_EXCEEDED": "unreachable",
    },
)  # fmt: skip


def schemes(scopes: Sequence[str], share: str) -> dict[str, Scheme]:
    """The ways to sign in. `scopes`: the last parts of the scopes' addresses; `share`: what the account must be given
    at the vendor itself."""
    asked = " ".join(f"{AUTH}{scope}" for scope in scopes)
    return {
        "token": Scheme(
            fields=("token",),
            build=lambda given: Header(given, Authorization="Bearer {token}"),
            note=f"An access token that another program keeps fresh, with the scopes {asked}. {share}",
        ),
        "service_account": Scheme(
            fields=("client_email", "private_key"),
            build=lambda given: JwtBearer(
                given, f"{given.options['login']}/token", issuer="{client_email}", audience=f"{LOGIN}/token",
                claims={"scope": asked}, lifetime=3600,
            ),
            note="Google Cloud console > IAM > Service accounts > Keys > Add key: client_email and private_key of the "
            f"JSON file, and the API enabled in that project. {share}",
        ),
    }  # fmt: skip


def as_person(scopes: Sequence[str]) -> Scheme:
    """For what a service account may not do, or is not given: a person's consent, kept as a refresh token."""
    return Scheme(
        fields=("client_id", "client_secret"),
        build=lambda given: RefreshToken(given, f"{given.options['login']}/token", lifetime=3600),
        note="Google Auth platform > Clients > a desktop client, the app published (one that is in testing loses its "
        "token after 7 days); `driftline authorize` obtains the token.",
        authorize=AuthorizeCode(
            authorize="https://accounts.google.com/o/oauth2/v2/auth", token="{options.login}/token",  # noqa: S106
            scopes=tuple(f"{AUTH}{scope}" for scope in scopes),
            params={"access_type": "offline", "prompt": "consent"},
        ),
    )  # fmt: skip


async def asker(api: Client) -> str:
    """Whose credential it is, as far as the credential itself says: most APIs tell nobody."""
    try:
        return await api.secret("client_email")
    except Expired:
        return "access token"
