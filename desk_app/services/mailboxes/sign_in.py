"""Signing mailboxes in at their provider: the first time, and again when the permission has ended (MB-03, MB-04)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.people.actor import Actor
from desk_app.plugin_api.channels import ChannelError, ChannelFault, PendingSignIn, SecretError
from desk_app.services.mailboxes.accounts import record_change
from desk_app.services.mailboxes.health import PERSONAL, retry_now
from desk_app.services.ports.outside import Channels
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

WAIT_SECONDS = 300.0


class FreshSecrets:
    """A SecretStore that holds what a sign-in needs and what it brought, until it is known where to keep them."""

    def __init__(self, given: Mapping[str, str], read: Callable[[str], str | None]) -> None:
        self._read = read
        self.values = dict(given)

    def get(self, name: str) -> str | None:
        """Return a secret, a fresh one first."""
        return self.values[name] if name in self.values else self._read(name)

    def set(self, name: str, value: str) -> None:
        """Hold a secret."""
        self.values[name] = value

    def delete(self, name: str) -> None:
        """Forget a fresh secret."""
        self.values.pop(name, None)


class SignInAttempt:
    """A sign-in that waits for the person: open `url` in a browser, then `wait` on a thread that may. `cancel` ends it
    from any thread; `close` gives its port back and is also called by `wait`."""

    def __init__(
        self, pending: PendingSignIn, fresh: FreshSecrets, keep: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> None:
        self._pending, self._fresh, self._keep = pending, fresh, keep

    @property
    def url(self) -> str:
        """The provider's page, for the person's browser."""
        return self._pending.url

    def wait(self, timeout: float = WAIT_SECONDS) -> Mapping[str, str]:
        """Wait up to `timeout` seconds for the person and keep what the provider gave.

        Returns the secrets to hand to `MailboxService.add` for a mailbox that is not stored yet, nothing for a stored
        one. Raises ChannelError: CONSENT when the person declined, cancelled or did not come, NETWORK, THROTTLED,
        SECRET; LookupError when the mailbox was removed meanwhile.
        """
        try:
            self._pending.finish(timeout)
        finally:
            self._pending.close()
        try:
            return self._keep(self._fresh.values)
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error

    def cancel(self) -> None:
        """End a running `wait`, or the next one."""
        self._pending.cancel()

    def close(self) -> None:
        """Give the port back without waiting; nothing happens the second time."""
        self._pending.close()


class SignInService:
    """Signs mailboxes in at their provider and unlocks the keychain the tokens go to.

    `unlock` asks the person to unlock a locked keychain; it may wait for them and raises SecretError where no secret
    can be kept afterwards.
    """

    def __init__(self, uow: UnitOfWorkFactory, channels: Channels, unlock: Callable[[], None] = lambda: None) -> None:
        self._uow = uow
        self._channels = channels
        self._unlock = unlock

    def possible(self, account: Account) -> bool:
        """Return whether this mailbox is signed in at a provider instead of by password."""
        return self._channels.signs_in(account)

    def begin(self, account: Account | int, actor: Actor, secrets: Mapping[str, str] | None = None) -> SignInAttempt:
        """Begin to sign in a stored mailbox (by id or with settings just edited) or one that is not stored yet.

        `secrets` are typed just now ("oauth_client_secret") and stand before the stored ones. May wait for the person
        to unlock the keychain, so call it on a thread that may. Raises ChannelError (CONSENT where there is no such
        sign-in, SECRET where the keychain stays locked) and LookupError.
        """
        wanted = account if isinstance(account, Account) else self._stored(account)
        try:
            self._unlock()
            stored = self._channels.secrets(wanted).get if wanted.id else _nothing
            fresh = FreshSecrets(secrets or {}, stored)
            pending = self._channels.begin_sign_in(wanted, fresh)
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error
        return SignInAttempt(pending, fresh, lambda values: self._keep(wanted, values, actor))

    def unlock_keychain(self, actor: Actor) -> None:
        """Ask the person to unlock the keychain, then let every mailbox that waited for it try again at once.

        Waits for the person; raises ChannelError (SECRET) when it stays locked.
        """
        try:
            self._unlock()
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error
        with self._uow() as uow:
            for account in uow.accounts.all():
                health = uow.accounts.health(account.id)
                if health.fault == ChannelFault.SECRET.value:
                    uow.accounts.set_health(retry_now(health, {ChannelFault.SECRET}))
                    uow.changed("account", account.id, "update", account.department_id)
                    record_change(uow, actor, "keychain unlocked", account.id)
            uow.commit()

    def _stored(self, account_id: int) -> Account:
        with self._uow() as uow:
            found = next((one for one in uow.accounts.all() if one.id == account_id), None)
        if found is None:
            raise LookupError(f"There is no mailbox {account_id}.")
        return found

    def _keep(self, account: Account, values: Mapping[str, str], actor: Actor) -> Mapping[str, str]:
        """Store the tokens and let the mailbox be tried again at once."""
        if not account.id:
            return dict(values)
        self._stored(account.id)
        store = self._channels.secrets(account)
        for name, value in values.items():
            store.set(name, value)
        with self._uow() as uow:
            health = uow.accounts.health(account.id)
            uow.accounts.set_health(retry_now(health, PERSONAL))
            uow.changed("account", account.id, "update", account.department_id)
            record_change(uow, actor, "signed in", account.id)
            uow.commit()
        return {}


def _nothing(_name: str) -> str | None:
    return None
