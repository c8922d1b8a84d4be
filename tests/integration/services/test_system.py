"""AD-08, AD-13 and backups: what the program tells about itself, and copies of everything."""

from __future__ import annotations

import logging
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from desk_app.infra import logging as desk_logging
from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.runtime.compose import Surroundings
from desk_app.services.system.backups import KEPT, BackupService, BackupStage
from desk_app.services.system.bundle import masked, masked_log
from desk_app.services.system.logs import read_logs
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import Database, open_database
from desk_app.storage.migrations import runner
from tests.support.desks import DeskKit, mail

SECRET = "hunter2-is-my-password"
TEXT = "The elephant in the warehouse has eaten invoice 7731"
SUBJECT = "Elephants everywhere"
CUSTOMER = "bob.private@customer.example"


@pytest.fixture
def placed(database: Database, tmp_path: Path) -> Iterator[DeskKit]:
    """A desk with a data folder of its own and mail in it."""
    file = tmp_path / "x.sqlite" if database.dialect == "sqlite" else None
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    kit = DeskKit(database, here=Surroundings(DeskPlace(data, database.url, file)))
    box = kit.mailbox("support@desk.example")
    kit.arrive(box, mail(TEXT, subject=SUBJECT, from_=f"Bob Private <{CUSTOMER}>"))
    yield kit
    desk_logging.release()


def zip_bytes(path: Path) -> bytes:
    """Everything in a bundle, names too, unpacked."""
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return b"\n".join([name.encode() + b"\n" + bundle.read(name) for name in bundle.namelist()])


def test_ad_08_the_bundle_holds_no_secret_and_nothing_of_customers(placed: DeskKit, tmp_path: Path) -> None:
    desk_logging.configure(placed.desk.system.place.data_dir, role="window")
    log = logging.getLogger("desk_app.test")
    log.warning("password=%s user bob", SECRET)
    log.warning("postgresql://desk:%s@db.example/desk", SECRET)
    log.error("cannot read mail of %s with subject “%s”", CUSTOMER, SUBJECT)
    try:
        int(TEXT)
    except ValueError:
        log.exception("reading failed")
    box, _health = placed.desk.mailboxes.list()[0]
    placed.desk.mailboxes.update(box, {"password": SECRET}, placed.ann)
    placed.desk.sync.note_failure(box.id, ChannelError(ChannelFault.REFUSED, f"550 <{CUSTOMER}> unknown '{SUBJECT}'"))
    target = placed.desk.system.bundle(tmp_path / "bundle.zip")
    content = zip_bytes(target)
    for planted in (SECRET, TEXT, "elephant", "Elephants", "7731", CUSTOMER, "bob.private", "support@desk.example"):
        assert planted.encode() not in content, planted
    for told in (
        b"reading failed",
        b"ValueError",
        b"test_system.py",
        b"REFUSED".lower(),
        b'"port": 143',
        b"checks.txt",
    ):
        assert told in content, told
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("2026-11-20 10:00:00,123 INFO    12 Main desk: mail of a@b.example", "mail of [address]"),
        ("2026-11-20 10:00:00,123 INFO    12 Main desk: subject 'Hello you'", "subject [text]"),
        ("Dear Sir, this line came from a mail", ""),
        ("Traceback (most recent call last):", "Traceback (most recent call last)"),
        ('  File "/home/bob/desk/x.py", line 12, in read', "  x.py:12 read"),
        ("    raise ValueError(customer_text)", ""),
        ("ValueError: Dear Sir", "ValueError: [text]"),
        ("desk_app.ports.StorageError: Dear Sir", "desk_app.ports.StorageError: [text]"),
    ],
)
def test_ad_08_what_stays_of_a_log(line: str, kept: str) -> None:
    assert masked_log(line).strip("\n").endswith(kept)
    assert "Dear" not in masked_log(line)


def test_masking_keeps_numbers_and_words() -> None:
    assert masked("550 5.1.1 <a.b+c@x.example>: user unknown") == "550 5.1.1 <[address]>: user unknown"


def test_ad_13_the_system_page_tells_what_the_doctor_tells(placed: DeskKit) -> None:
    checks = {one.id: one for one in placed.desk.system.examine()}
    assert {
        "python",
        "sqlite",
        "data_folder",
        "disk",
        "database",
        "keychain",
        "clock",
        "outbox",
        "jobs",
        "plugins",
    } <= set(checks)
    assert all(one.state != "fail" for one in checks.values()), checks
    assert "1 tickets" in checks["database"].detail
    facts = placed.desk.system.facts()
    assert facts.free > 0
    assert facts.database["tickets"] == 1
    with placed.database.unit_of_work() as uow:
        uow.leases.acquire("outbox", placed.desk.holder, timedelta(seconds=30), host="here", pid=7)
        uow.leases.acquire("timers", "somebody", timedelta(seconds=30), host="there", pid=8)
        uow.commit()
    jobs = {one.name: one for one in placed.desk.system.facts().jobs}
    assert (jobs["outbox"].ours, jobs["timers"].ours) == (True, False)
    assert jobs["timers"].alive


def test_a_mailbox_in_trouble_is_a_finding(placed: DeskKit) -> None:
    box, _health = placed.desk.mailboxes.list()[0]
    placed.desk.sync.note_failure(box.id, ChannelError(ChannelFault.SIGN_IN, "535 no"))
    check = next(one for one in placed.desk.system.examine() if one.id == f"mailbox:{box.id}")
    assert check.state == "fail"
    assert "account test" in check.advice


def test_logs_are_read_newest_first_by_level_and_words(tmp_path: Path) -> None:
    desk_logging.configure(tmp_path, role="window")
    log = logging.getLogger("desk_app.test")
    log.info("first %s", "é")
    try:
        int("no")
    except ValueError:
        log.exception("second")
    log.warning("password=%s", SECRET)
    found = read_logs(tmp_path / "logs")
    assert [line.level for line in found] == ["WARNING", "ERROR", "INFO"]
    assert SECRET not in found[0].whole
    assert found[1].trace[-1].startswith("ValueError: invalid literal")
    assert [line.level for line in read_logs(tmp_path / "logs", least="ERROR")] == ["ERROR"]
    assert [line.text.endswith("first é") for line in read_logs(tmp_path / "logs", words="FIRST É")] == [True]
    assert read_logs(tmp_path / "nowhere") == []
    desk_logging.release()


def test_a_backup_is_made_while_in_use_and_read_back(placed: DeskKit, tmp_path: Path) -> None:
    state = placed.desk.backups.state()
    if state.problem:
        assert "pg_dump" in state.command
        pytest.skip(state.problem)
    target = tmp_path / f"copy{state.suffix}"
    steps = list(placed.desk.backups.back_up(target, placed.ann))
    assert [one.stage for one in steps][-2:] == [BackupStage.CHECKING, BackupStage.DONE]
    assert steps[-1].tickets == 1
    assert steps[-1].size == target.stat().st_size > 0
    if state.suffix == ".sqlite":
        with closing(sqlite3.connect(target)) as copy:
            assert copy.execute("SELECT subject FROM ticket").fetchall() == [(SUBJECT,)]


def test_the_command_for_postgresql_has_no_password(placed: DeskKit) -> None:
    state = placed.desk.backups.state()
    assert state.can_be_daily is (placed.database.dialect == "sqlite")
    assert ("pg_dump" in state.command) is (placed.database.dialect == "postgresql")
    assert ":" not in state.command.replace(str(state.folder), "")


def test_daily_backups_come_once_a_day_and_the_oldest_goes(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'desk.sqlite'}", origin="test")
    place = DeskPlace(tmp_path, database.url, tmp_path / "desk.sqlite")
    backups = BackupService(database.unit_of_work, database.backups, place)
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert backups.daily(start) is None, "nobody asked for it"
    backups.set_daily(True)
    made = [backups.daily(start + timedelta(hours=12 * n)) for n in range(20)]
    assert sum(one is not None for one in made) == 10
    files = backups.state().files
    assert len(files) == KEPT
    assert files[0].at == start + timedelta(hours=216)
    assert (place.backups.stat().st_mode & 0o077) == 0
    database.close()


def test_a_daily_backup_that_fails_leaves_no_bytes_and_waits_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_database(f"sqlite:///{tmp_path / 'desk.sqlite'}", origin="test")) as database:
        place = DeskPlace(tmp_path, "here", tmp_path / "desk.sqlite")
        backups = BackupService(database.unit_of_work, database.backups, place)
        backups.set_daily(True)
        at = datetime(2026, 3, 2, tzinfo=UTC)

        def full(_copy: sqlite3.Connection, **_options: object) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error

        with monkeypatch.context() as broken:
            broken.setattr(runner, "_snapshot", lambda _connections: nullcontext(SimpleNamespace(backup=full)))
            with pytest.raises(Exception, match="full"):
                backups.daily(at)
        assert list(place.backups.iterdir()) == []
        failure = backups.state().failure
        assert failure is not None
        assert failure.at == at
        assert failure.why.startswith("The disk is full.")
        assert backups.daily(at + timedelta(minutes=59)) is None
        assert backups.daily(at + timedelta(minutes=61)) is not None
        assert backups.state().failure is None


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(placed: DeskKit, tmp_path: Path) -> None:
    if placed.database.dialect != "sqlite":
        pytest.skip("a file")
    folder = tmp_path / "file"
    folder.write_text("")
    with pytest.raises(OSError, match="file"):
        list(placed.desk.backups.back_up(folder / "copy.sqlite", placed.ann))


def test_people_are_changed_by_admins_and_the_desk_keeps_one(desk_kit: DeskKit) -> None:
    people = desk_kit.desk.people
    bea = people.add_agent("bea", desk_kit.ann, name="Bea")
    people.change_agent(replace(bea, name=" Bea  Boss ", kind="lead", email="Bea@Desk.example"), desk_kit.ann)
    changed = next(one for one in people.agents() if one.id == bea.id)
    assert (changed.name, changed.kind, changed.email, changed.login) == ("Bea Boss", "lead", "bea@desk.example", "bea")
    with pytest.raises(ValueError, match="needs an admin"):
        people.change_agent(replace(desk_kit.agent, active=False), desk_kit.ann)
    from desk_app.services.people.agents import actor_for

    with pytest.raises(PermissionError, match="Only an admin"):
        people.change_agent(replace(changed, kind="admin"), actor_for(changed))
    people.change_agent(replace(changed, name="Bea B."), actor_for(changed))
    people.change_agent(replace(changed, active=False), desk_kit.ann)
    with pytest.raises(PermissionError, match="switched off"):
        people.sign_in("bea")
    second = people.add_department("  Returns  desk ", desk_kit.ann)
    with pytest.raises(ValueError, match="already"):
        people.add_department("returns desk", desk_kit.ann)
    people.rename_department(second, "Returns", desk_kit.ann)
    assert [one.name for one in people.departments()] == ["Support", "Returns"]


def test_the_doctor_writes_the_same_bundle(tmp_path: Path) -> None:
    from desk_app.cli.doctor import write_diagnostics
    from desk_app.infra.location import DeskLocation

    location = DeskLocation(f"sqlite:///{tmp_path / 'desk.sqlite'}", tmp_path, "--data", "--data", keychain="sealed")
    checks = write_diagnostics(location, tmp_path / "empty.zip")
    assert any(one.id == "database" for one in checks)
    assert b"will be made" in zip_bytes(tmp_path / "empty.zip")
