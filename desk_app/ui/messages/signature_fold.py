"""The signature that goes below the text, shown on demand; it is appended when the mail is sent (MB-18)."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QSizePolicy

from desk_app.domain.messages.signatures import UNSIGNED, SignatureText
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import button, label, set_words
from desk_app.ui.widgets.layout import column, hairline, row


class SignatureFold(QFrame):
    """Shows which signature goes along, and leaves it out for one mail. Folded away until it is asked for."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._signature = UNSIGNED
        self._open, self._fits = False, True
        self.on = True
        """Whether it goes along."""
        self.switch = button("", self._switch, variant="link")
        self.preview = label("", "secondary", plain=False, wrap=True)
        self.preview.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        body = row(self.preview, self.switch, spacing=8)
        body.setStretchFactor(self.preview, 1)
        body.setAlignment(self.switch, Qt.AlignmentFlag.AlignTop)
        self.setLayout(column(hairline(), body, spacing=4))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._show()

    def set_signature(self, signature: SignatureText) -> None:
        """Take the signature of the sender chosen."""
        self._signature = signature
        self._show()

    def set_on(self, *, on: bool) -> None:
        """Let it go along or leave it out."""
        self.on = on
        self._show()

    def unfold(self, *, on: bool) -> None:
        """Show it below the text, or fold it away."""
        self._open = on
        self._show()

    def set_shown(self, *, on: bool) -> None:
        """Say whether what is written has a signature at all: a note has none."""
        self._fits = on
        self._show()

    @property
    def there(self) -> bool:
        """Whether this sender has one."""
        return self._signature.scope is not None

    @property
    def words(self) -> str:
        """The signature in one line."""
        return " · ".join(line.strip() for line in self._signature.text.splitlines() if line.strip())

    def _show(self) -> None:
        html = self._signature.html or "<br>".join(escape(line) for line in self._signature.text.splitlines())
        if not self.there:
            html = escape(tr("This mailbox has no signature."))
        elif not self.on:
            html = escape(tr("Without signature"))
        self.preview.setText(html)
        set_words(self.switch, tr("Leave out") if self.on else tr("Add the signature"))
        self.switch.setVisible(self.there)
        self.setVisible(self._open and self._fits)

    def _switch(self) -> None:
        self.set_on(on=not self.on)
        self.changed.emit()
