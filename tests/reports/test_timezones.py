"""UTC to wall clock inside a query, against Python's own time zones."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.domain.period import time_zone
from llmcost.ledger.timezones import offsets

# Half-hour switches, no switches, three quarters of an hour, switches around Ramadan, a whole day skipped, odd seconds.
_ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/St_Johns",
    "Europe/Dublin",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    instants=st.lists(
        st.datetimes(datetime(1935, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001  naive UTC, as in the ledger
        min_size=1,
        max_size=5,
    ),
    name=st.sampled_from(_ZONES),
)
def test_every_instant_has_the_offset_its_zone_gives_it(ledger, instants, name):
    zone = time_zone(name)
    months = [datetime(instant.year, instant.month, 1) for instant in instants]  # noqa: DTZ001
    found = offsets(months, zone)

    local = ledger.execute(
        f"select i + {found.interval('i')}, {found.suffix('i')} from (select unnest($instants) as i)",
        {"instants": instants},
    ).fetchall()

    for instant, (wall, suffix) in zip(instants, local, strict=True):
        expected = instant.replace(tzinfo=UTC).astimezone(zone)
        assert wall == expected.replace(tzinfo=None)
        assert expected.isoformat().endswith("+00:00" if suffix == "Z" else suffix)


@pytest.mark.parametrize(
    ("instant", "offset"),
    [
        ("2026-03-29 00:59:59", "+01:00"),
        ("2026-03-29 01:00:00", "+02:00"),
        ("2026-10-25 00:59:59.999999", "+02:00"),
        ("2026-10-25 01:00:00", "+01:00"),
    ],
)
def test_the_clocks_switch_to_the_second(ledger, instant, offset):
    months = [datetime(2026, month, 1) for month in range(1, 13)]  # noqa: DTZ001
    found = offsets(months, time_zone("Europe/Berlin"))

    (suffix,) = ledger.execute(
        f"select {found.suffix('i')} from (select cast($i as timestamp) as i)", {"i": instant}
    ).fetchone()

    assert suffix == offset


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-03-29 00:00:00", datetime(2026, 3, 28, 22)),  # noqa: DTZ001  naive UTC
        ("2026-03-29 02:00:00", datetime(2026, 3, 28, 23)),  # noqa: DTZ001
        ("2026-10-24 23:30:00", datetime(2026, 10, 24, 20, 30)),  # noqa: DTZ001
        ("2026-10-25 00:30:00", datetime(2026, 10, 24, 22, 30)),  # noqa: DTZ001
    ],
)
def test_a_wall_clock_is_the_first_instant_that_shows_or_skips_it(ledger, wall, instant):
    """In Beirut the clocks jump from 0:00 to 1:00 on 29 March, and go back from 0:00 to 23:00 on 25 October."""
    found = offsets([datetime(2026, 3, 1), datetime(2026, 10, 1)], time_zone("Asia/Beirut"))  # noqa: DTZ001

    (at,) = ledger.execute(
        f"select {found.instant('w')} from (select cast($w as timestamp) as w)", {"w": wall}
    ).fetchone()

    assert at == instant
