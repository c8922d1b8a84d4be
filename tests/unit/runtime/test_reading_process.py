"""Reading mail in a second process."""

from __future__ import annotations

import io
import pickle

import pytest

from desk_app.channels.email.reading import read_message
from desk_app.runtime import reading_process
from desk_app.runtime.reading import reading_of
from desk_app.runtime.reading_process import ReadingProcess
from tests.support.desks import mail

RAWS = [mail(f"letter {n}", message_id=f"m{n}@x.example") for n in range(30)]


def test_the_child_reads_exactly_as_this_process_does() -> None:
    process = ReadingProcess(cores=2)
    try:
        first, second = process.begin(RAWS), process.begin([b"", b"\0\xff"])
        assert first is not None
        assert second is not None
        assert first() == [reading_of(read_message(raw)) for raw in RAWS]
        assert len(second()) == 2
    finally:
        process.close()


def test_a_child_that_dies_costs_nothing_but_time() -> None:
    process = ReadingProcess(cores=2)
    try:
        warm = process.begin(RAWS[:1])
        assert warm is not None
        warm()
        assert process._child is not None
        process._child.kill()
        process._child.wait()
        finish = process.begin(RAWS)
        assert finish is not None
        assert [r.parsed.message_id for r in finish()] == [f"m{n}@x.example" for n in range(30)]
        assert process.begin(RAWS) is None  # from now on everything is read here
    finally:
        process.close()


def test_one_core_needs_no_child() -> None:
    assert ReadingProcess(cores=1).begin(RAWS) is None


def test_the_child_ends_with_its_input() -> None:
    frame = pickle.dumps([RAWS[0]])
    source, target = io.BytesIO(len(frame).to_bytes(8, "big") + frame), io.BytesIO()
    reading_process.serve(source, target)
    assert pickle.loads(target.getvalue()[8:]) == [reading_of(read_message(RAWS[0]))]


@pytest.mark.parametrize("cut", [0, 4, 8, 40])
def test_a_broken_frame_ends_the_child_in_order(cut: int) -> None:
    frame = pickle.dumps([RAWS[0]])
    reading_process.serve(io.BytesIO((len(frame).to_bytes(8, "big") + frame)[:cut]), io.BytesIO())
