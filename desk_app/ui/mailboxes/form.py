"""Everything about one mailbox's servers as form fields (features.md MB-01..03, MB-29)."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from desk_app.domain.mailboxes.settings import (
    EmailSettings,
    OAuthSettings,
    Security,
    SentCopy,
    ServerSettings,
    SettingsError,
    SetupNote,
    SignIn,
)
from desk_app.ui.language import tr
from desk_app.ui.theme.icons import icon
from desk_app.ui.widgets.basics import label, number_box
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Field

_PORTS = {Security.TLS: (993, 465), Security.STARTTLS: (143, 587), Security.NONE: (143, 25)}

_PROVIDER_HOSTS = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("office365.com", "outlook.com"),
}


def note_text(note: SetupNote) -> str:
    """Return what an admin must know before a provider lets the desk in."""
    return {
        SetupNote.APP_PASSWORD: tr("With two-step sign-in this provider asks for an app password."),
        SetupNote.APP_PASSWORD_ONLY: tr("This provider only takes an app password, never the ordinary one."),
        SetupNote.OAUTH_ONLY: tr("This provider only lets programs in through its own sign-in page."),
        SetupNote.OAUTH_POSSIBLE: tr("This provider also offers its own sign-in page."),
        SetupNote.ENABLE_IMAP: tr("Switch IMAP on in the provider's own settings first."),
        SetupNote.BRIDGE: tr("The provider's bridge program must run on this computer."),
        SetupNote.PAID_PLAN: tr("The provider's free plan has no IMAP."),
        SetupNote.GUESSED: tr("These settings are a guess. The test shows whether they work."),
    }[note]


class ServerFields(QWidget):
    """Host, port, encryption, user of one server."""

    def __init__(self, title: str, *, outgoing: bool) -> None:
        super().__init__()
        self._outgoing = outgoing
        self._accepted: tuple[str, ...] = ()
        self.used = QCheckBox(title)
        self.used.setChecked(True)
        self.host, self.user = QLineEdit(), QLineEdit()
        self.port = number_box(1, 65535)
        self.security = Choice()
        for value, words in (
            (Security.TLS, tr("TLS")),
            (Security.STARTTLS, tr("STARTTLS")),
            (Security.NONE, tr("None (this computer only)")),
        ):
            self.security.addItem(words, value)
        self.security.currentIndexChanged.connect(lambda _index: self._follow_security())
        self.sign_in = Choice()
        self.sign_in.addItem(tr("Password"), SignIn.PASSWORD)
        self.sign_in.addItem(tr("Sign-in page of the provider"), SignIn.OAUTH2)
        self._inside = boxed(
            column(
                row(Field(tr("Server"), self.host), Field(tr("Port"), self.port), spacing=10),
                row(Field(tr("Encryption"), self.security), Field(tr("Sign-in"), self.sign_in), spacing=10),
                Field(tr("User name"), self.user),
                spacing=10,
            )
        )
        self.used.toggled.connect(self._inside.setVisible)
        self.setLayout(column(self.used, self._inside, spacing=6))
        self._follow_security()

    def _follow_security(self) -> None:
        self.port.setValue(_PORTS[Security(self.security.currentData())][1 if self._outgoing else 0])

    def show_settings(self, server: ServerSettings | None) -> None:
        """Fill the fields."""
        self.used.setChecked(server is not None)
        self._inside.setVisible(server is not None)
        if server is not None:
            self.host.setText(server.host)
            self.security.setCurrentIndex(self.security.findData(server.security))
            self.port.setValue(server.port)
            self.user.setText(server.user)
            self.sign_in.setCurrentIndex(self.sign_in.findData(server.sign_in))
            self._accepted = server.accepted_certificates

    def accept_certificate(self, fingerprint: str) -> None:
        """Trust exactly this certificate."""
        self._accepted = tuple(dict.fromkeys((*self._accepted, fingerprint.replace(":", "").lower())))

    @property
    def settings(self) -> ServerSettings | None:
        """What is entered; None where the server is not used."""
        if not self.used.isChecked():
            return None
        return ServerSettings(
            host=self.host.text().strip(),
            port=self.port.value(),
            security=Security(self.security.currentData()),
            user=self.user.text().strip(),
            sign_in=SignIn(self.sign_in.currentData()),
            accepted_certificates=self._accepted,
        )


class PasswordField(QLineEdit):
    """A password with an eye to look at it."""

    def __init__(self) -> None:
        super().__init__()
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self._eye = self.addAction(icon("eye"), QLineEdit.ActionPosition.TrailingPosition)
        self._eye.setToolTip(tr("Show the password"))
        self._eye.setText(tr("Show the password"))
        self._eye.triggered.connect(self._toggle)

    def _toggle(self) -> None:
        hidden = self.echoMode() == QLineEdit.EchoMode.Password
        self.setEchoMode(QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password)


class ServersForm(QWidget):
    """Both servers, folders, copy to Sent, and the provider's registration where it is needed."""

    def __init__(self) -> None:
        super().__init__()
        self.imap = ServerFields(tr("Receive mail (IMAP)"), outgoing=False)
        self.smtp = ServerFields(tr("Send mail (SMTP)"), outgoing=True)
        self.folders = QLineEdit("INBOX")
        self.sent_copy = Choice()
        for value, words in (
            (SentCopy.AUTO, tr("Unless the provider makes one")),
            (SentCopy.ALWAYS, tr("Always")),
            (SentCopy.NEVER, tr("Never")),
        ):
            self.sent_copy.addItem(words, value)
        self._sent_folder = ""
        self.provider = Choice()
        self.provider.addItem("Google", "google")
        self.provider.addItem("Microsoft 365", "microsoft")
        self.client_id, self.tenant = QLineEdit(), QLineEdit("common")
        self.client_secret = PasswordField()
        self.oauth = boxed(
            column(
                label(tr("Registration with the provider"), "strong"),
                row(Field(tr("Provider"), self.provider), Field(tr("Client id"), self.client_id), spacing=10),
                row(
                    Field(tr("Client secret (if the provider gave one)"), self.client_secret),
                    Field(tr("Tenant (Microsoft only)"), self.tenant),
                    spacing=10,
                ),
                spacing=10,
            )
        )
        for fields in (self.imap, self.smtp):
            fields.sign_in.currentIndexChanged.connect(lambda _index: self._show_oauth())
        self.setLayout(
            column(
                self.oauth,
                self.imap,
                self.smtp,
                row(
                    Field(tr("Folders to read, separated by commas"), self.folders),
                    Field(tr("Copy in Sent"), self.sent_copy),
                    spacing=10,
                ),
                spacing=14,
            )
        )
        self._show_oauth()

    def prefer_provider(self) -> bool:
        """Choose the provider's own sign-in page where the servers belong to one that the desk knows; returns whether
        they do."""
        hosts = f"{self.imap.host.text()} {self.smtp.host.text()}".lower()
        known = next((key for key, names in _PROVIDER_HOSTS.items() if any(name in hosts for name in names)), "")
        if known:
            self.provider.setCurrentIndex(self.provider.findData(known))
            for fields in (self.imap, self.smtp):
                fields.sign_in.setCurrentIndex(fields.sign_in.findData(SignIn.OAUTH2))
        return bool(known)

    @property
    def wants_provider(self) -> bool:
        """Whether a server is signed in to through the provider's page."""
        return any(
            fields.used.isChecked() and fields.sign_in.currentData() == SignIn.OAUTH2
            for fields in (self.imap, self.smtp)
        )

    @property
    def typed_secrets(self) -> dict[str, str]:
        """What was typed of the registration that belongs into the keychain."""
        secret = self.client_secret.text().strip() if self.wants_provider else ""
        return {"oauth_client_secret": secret} if secret else {}

    def _show_oauth(self) -> None:
        self.oauth.setVisible(self.wants_provider)

    def show_settings(self, settings: EmailSettings) -> None:
        """Fill the form."""
        self.imap.show_settings(settings.imap)
        self.smtp.show_settings(settings.smtp)
        self.folders.setText(", ".join(settings.folders))
        self.sent_copy.setCurrentIndex(self.sent_copy.findData(settings.sent_copy))
        self._sent_folder = settings.sent_folder
        if settings.oauth is not None:
            self.provider.setCurrentIndex(max(0, self.provider.findData(settings.oauth.provider)))
            self.client_id.setText(settings.oauth.client_id)
            self.tenant.setText(settings.oauth.tenant)
        self._show_oauth()

    def accept_certificate(self, step_id: str, fingerprint: str) -> None:
        """Trust a certificate the test refused."""
        (self.smtp if step_id.startswith("smtp") else self.imap).accept_certificate(fingerprint)

    @property
    def settings(self) -> EmailSettings:
        """What is entered, checked; raises SettingsError that names the field."""
        oauth = None
        if self.wants_provider:
            oauth = OAuthSettings(
                str(self.provider.currentData()), self.client_id.text().strip(), self.tenant.text().strip() or "common"
            )
        made = EmailSettings(
            imap=self.imap.settings,
            smtp=self.smtp.settings,
            folders=tuple(name.strip() for name in self.folders.text().split(",") if name.strip()),
            sent_folder=self._sent_folder,
            sent_copy=SentCopy(self.sent_copy.currentData()),
            oauth=oauth,
        )
        return EmailSettings.from_json(made.to_json())


def settings_problem(error: SettingsError) -> str:
    """Return what is wrong with entered settings, in words."""
    names = {
        "imap.host": tr("Incoming server"),
        "imap.port": tr("Incoming port"),
        "imap.user": tr("User name of the incoming server"),
        "smtp.host": tr("Outgoing server"),
        "smtp.port": tr("Outgoing port"),
        "smtp.user": tr("User name of the outgoing server"),
        "folders": tr("Folders"),
        "oauth.client_id": tr("Client id"),
    }
    return f"{names.get(error.field, error.field)}: {error.reason}"
