"""A provider's sign-in without a provider: the test says what the person does in the browser."""

from __future__ import annotations

import queue

from desk_app.plugin_api.channels import AccountView, ChannelError, ChannelFault


class FakePending:
    """A PendingSignIn; `answer` plays the browser."""

    def __init__(self, account: AccountView, url: str) -> None:
        self.account = account
        self.url = url
        self.closed = False
        self._answers: queue.Queue[str | ChannelError] = queue.Queue()

    def answer(self, token: str) -> None:
        """The person says yes."""
        self._answers.put(token)

    def refuse(self, detail: str, fault: ChannelFault = ChannelFault.CONSENT) -> None:
        """The person, or the provider, says no."""
        self._answers.put(ChannelError(fault, detail))

    def finish(self, timeout: float = 300.0) -> None:
        try:
            found = self._answers.get(timeout=timeout)
        except queue.Empty:
            raise ChannelError(ChannelFault.CONSENT, "nobody finished the sign-in in the browser in time") from None
        if isinstance(found, ChannelError):
            raise found
        self.account.secrets.set("oauth", found)

    def cancel(self) -> None:
        self.refuse("the sign-in was cancelled")

    def close(self) -> None:
        self.closed = True


class FakeProvider:
    """`begin_sign_in` of a channel that can; `attempts` are the sign-ins begun."""

    def __init__(self) -> None:
        self.attempts: list[FakePending] = []

    def begin_sign_in(self, account: AccountView) -> FakePending:
        made = FakePending(account, f"https://accounts.example.org/auth?attempt={len(self.attempts) + 1}")
        self.attempts.append(made)
        return made
