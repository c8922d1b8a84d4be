"""Links to the shop or the CRM, filled in with who the customer is (CU-14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QPushButton

from desk_app.domain.contacts.domains import domain_of
from desk_app.domain.contacts.links import LinkTemplate, expand, missing
from desk_app.domain.contacts.model import Contact, Organization
from desk_app.ui.language import tr
from desk_app.ui.widgets.elided_button import ElidedButton
from desk_app.ui.widgets.panels import panel_card


def link_values(contact: Contact | None, organization: Organization | None, ticket_number: str = "") -> dict[str, str]:
    """Return what placeholders of links stand for."""
    if contact is None:
        return {"ticket_number": ticket_number}
    return {
        "email": contact.primary_email,
        "name": contact.name,
        "phone": contact.phones[0] if contact.phones else "",
        "organization": organization.name if organization is not None else "",
        "domain": domain_of(contact.primary_email),
        "contact_id": str(contact.id),
        "ticket_number": ticket_number,
        **{f"field.{key}": value for key, value in contact.fields.items()},
    }


def open_link(address: str) -> bool:
    """Open an address in the browser; anything but the web is refused."""
    url = QUrl(address)
    return url.scheme() in {"http", "https"} and QDesktopServices.openUrl(url)


def link_button(template: LinkTemplate, values: Mapping[str, str], failed: Callable[[str], object]) -> QPushButton:
    """Return the button of a link; where a value is not known it says so and does nothing."""
    address, lacking = expand(template, values), missing(template, values)

    def go() -> None:
        if not open_link(address):
            failed(tr("The link cannot be opened: {address}").format(address=address))

    why_not = tr("Not known of this customer: {names}").format(names=", ".join(lacking))
    made = ElidedButton(template.title, go, icon_name="external-link", tip=why_not if lacking else address)
    made.setEnabled(not lacking)
    return made


def links_card(
    templates: Sequence[LinkTemplate], values: Mapping[str, str], failed: Callable[[str], object]
) -> QFrame | None:
    """Return the card with the desk's links, None where it has none."""
    if not templates:
        return None
    frame, content = panel_card(tr("Links"))
    content.setSpacing(2)
    for one in templates:
        content.addWidget(link_button(one, values, failed))
    return frame
