"""Access tokens: kept in the keychain, renewed in time, and a clear word when a person must sign in again (MB-03,
MB-04)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from desk_app.channels.email.oauth_providers import OAuthProvider
from desk_app.channels.email.session_errors import clean
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SecretStore

BUNDLE = "oauth"
CLIENT_SECRET = "oauth_client_secret"  # noqa: S105 -- the name of a secret
SKEW_SECONDS = 120.0
_TIMEOUT_SECONDS = (10, 30)  # connect, read
_DEAD = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"})
_MISREGISTERED = frozenset({"invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type"})


class OAuthTokens:
    """The tokens of one mailbox. Its bundle in the keychain is a JSON object as RFC 6749 5.1 names it, with
    `expires_at` in seconds since 1970."""

    def __init__(self, provider: OAuthProvider, client_id: str, clock: Callable[[], float] = time.time) -> None:
        self.provider = provider
        self.client_id = client_id
        self._clock = clock

    def access_token(self, secrets: SecretStore, *, refused: str = "") -> str:
        """Return a token that is valid for at least two more minutes, renewed where needed.

        `refused` is a token that a mail server has just declined; it is not returned again. Raises ChannelError:
        CONSENT when only a person can help, THROTTLED or NETWORK when it is worth trying again, SecretError from the
        keychain.
        """
        bundle = self._stored(secrets)
        token = str(bundle.get("access_token") or "")
        fresh = float(bundle.get("expires_at") or 0) - SKEW_SECONDS > self._clock()
        if token and fresh and token != refused:
            return token
        refresh = str(bundle.get("refresh_token") or "")
        if not refresh:
            raise ChannelError(ChannelFault.CONSENT, f"{self.provider.name} gave no lasting permission: sign in again")
        try:
            answer = self.request(secrets, {"grant_type": "refresh_token", "refresh_token": refresh})
        except ChannelError as error:
            renewed = self._stored(secrets)  # another process may have renewed it, which voids the old one
            if error.fault is ChannelFault.CONSENT and renewed.get("refresh_token") != refresh:
                return str(renewed.get("access_token") or "")
            raise
        return self.store(secrets, answer, previous=bundle)

    def store(
        self, secrets: SecretStore, answer: Mapping[str, Any], *, previous: Mapping[str, Any] | None = None
    ) -> str:
        """Keep a token answer and return its access token; a provider that sends no new refresh token keeps the old
        one."""
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise ChannelError(ChannelFault.PROTOCOL, f"{self.provider.name} answered without a token")
        try:
            lifetime = float(answer.get("expires_in") or 3600)
        except (TypeError, ValueError):
            lifetime = 3600.0
        bundle = {
            "access_token": token,
            "refresh_token": answer.get("refresh_token") or (previous or {}).get("refresh_token") or "",
            "expires_at": self._clock() + lifetime,
            "scope": answer.get("scope") or " ".join(self.provider.scopes),
        }
        secrets.set(BUNDLE, json.dumps(bundle))
        return token

    def request(self, secrets: SecretStore, form: Mapping[str, str]) -> dict[str, Any]:
        """Post to the token address (RFC 6749 3.2) and return the answer; raises ChannelError without any secret in
        it."""
        import requests  # noqa: PLC0415 -- costs start-up time and is only needed for OAuth

        data = {**form, "client_id": self.client_id}
        secret = secrets.get(CLIENT_SECRET)
        if secret:
            data["client_secret"] = secret
        try:
            with requests.post(
                self.provider.token_url, data=data, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True
            ) as response:
                body = response.raw.read(256 * 1024, decode_content=True)
                return self._answer(response.status_code, body, response.headers.get("Retry-After", ""))
        except requests.RequestException as error:
            fault = ChannelFault.TLS if isinstance(error, requests.exceptions.SSLError) else ChannelFault.NETWORK
            detail = f"{self.provider.name}'s sign-in cannot be reached ({type(error).__name__})"
            raise ChannelError(fault, detail) from None

    def _answer(self, status: int, body: bytes, retry_after: str) -> dict[str, Any]:
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            answer = {}
        if status == 200 and answer:
            return answer
        code = clean(str(answer.get("error") or ""))
        said = clean(str(answer.get("error_description") or code or f"status {status}"))
        if code in _DEAD:
            raise ChannelError(ChannelFault.CONSENT, f"{self.provider.name} wants you to sign in again: {said}")
        if code in _MISREGISTERED:
            raise ChannelError(ChannelFault.CONSENT, f"{self.provider.name} does not accept this registration: {said}")
        if status == 429 or status >= 500:
            pause = float(retry_after) if retry_after.isdigit() else None
            raise ChannelError(ChannelFault.THROTTLED, f"{self.provider.name}: not now ({said})", retry_after=pause)
        raise ChannelError(ChannelFault.PROTOCOL, f"{self.provider.name}'s sign-in answered: {said}")

    def _stored(self, secrets: SecretStore) -> dict[str, Any]:
        text = secrets.get(BUNDLE)
        if not text:
            raise ChannelError(ChannelFault.CONSENT, f"not signed in at {self.provider.name} yet")
        try:
            bundle = json.loads(text)
        except ValueError:
            bundle = None
        if not isinstance(bundle, dict):
            raise ChannelError(
                ChannelFault.CONSENT, f"the stored sign-in at {self.provider.name} is damaged: sign in again"
            )
        return bundle
