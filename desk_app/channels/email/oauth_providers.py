"""Where Google and Microsoft sign mailboxes in (MB-03).

The desk ships no client id: the admin registers an application with the provider ("Desktop app" at Google, "Mobile and
desktop" with the redirect http://localhost at Microsoft) and enters its client id; Google also gives a client secret,
which lies in the keychain as "oauth_client_secret".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class OAuthProvider:
    """An OAuth 2 provider (RFC 6749, RFC 8252). `redirect_host` is the loopback name it accepts, "{tenant}" in an
    address stands for Microsoft's tenant."""

    name: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    redirect_host: str = "127.0.0.1"
    extra: Mapping[str, str] = field(default_factory=dict)

    def for_tenant(self, tenant: str) -> OAuthProvider:
        """Return the provider with a tenant filled in."""
        return replace(
            self,
            authorize_url=self.authorize_url.replace("{tenant}", tenant),
            token_url=self.token_url.replace("{tenant}", tenant),
        )


GOOGLE = OAuthProvider(
    name="Google",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",  # noqa: S106 -- an address
    scopes=("https://mail.google.com/",),
    extra={"access_type": "offline", "prompt": "consent"},  # without both no refresh token is given
)

MICROSOFT = OAuthProvider(
    name="Microsoft",
    authorize_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 -- an address
    scopes=(
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
        "offline_access",
    ),
    redirect_host="localhost",
)

PROVIDERS: Mapping[str, OAuthProvider] = {"google": GOOGLE, "microsoft": MICROSOFT}
