"""What holds a plugin's widget in a card: however large it wants to be, the cards of others keep their place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from desk_app.ui.theme.theme import theme

TALLEST = 480


class CardBody(QScrollArea):
    """As high as its widget wants to be, to a limit; what is wider or higher is scrolled to."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(0)
        self.viewport().setAutoFillBackground(False)
        self.setWidget(content)
        content.setAutoFillBackground(False)

    def give_way(self, other: QWidget) -> None:
        """Show another widget instead; the one before stays, unseen."""
        before = self.takeWidget()
        if before is not None:
            before.setParent(self)
            before.hide()
        self.setWidget(other)
        other.show()
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """Lines of text may break."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height its widget wants."""
        content = self.widget()
        if content is None:
            return 0
        wanted = content.heightForWidth(width) if content.hasHeightForWidth() else content.sizeHint().height()
        least = max(content.minimumHeight(), content.minimumSizeHint().height())
        bar = self.horizontalScrollBar().sizeHint().height() if self._least_width(content) > width else 0
        return min(theme().px(TALLEST), max(wanted, least, 0) + bar)

    def sizeHint(self) -> QSize:
        """Wish for what its widget wants."""
        content = self.widget()
        width = content.sizeHint().width() if content is not None else 0
        return QSize(width, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        """Be as narrow as need be."""
        return QSize(0, self.heightForWidth(self.width()))

    def event(self, event: QEvent) -> bool:
        """Grow and shrink with the widget."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    @staticmethod
    def _least_width(content: QWidget) -> int:
        return max(content.minimumWidth(), content.minimumSizeHint().width())
