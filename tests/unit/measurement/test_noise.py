"""What disturbed a measurement, as far as the system reports it."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.measurement import noise as module
from obrelease.measurement.noise import Noise, NoiseProbe, noise_remarks

QUIET = Noise(0.1, 3_000_000, 0, 0, 5)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system of two processors that reports everything."""
    for name, khz, throttled in (("cpu0", 2_000_000, 3), ("cpu1", 3_000_000, 4)):
        (tmp_path / name / "cpufreq").mkdir(parents=True)
        (tmp_path / name / "cpufreq" / "scaling_cur_freq").write_text(f"{khz}\n")
        (tmp_path / name / "thermal_throttle").mkdir()
        (tmp_path / name / "thermal_throttle" / "core_throttle_count").write_text(f"{throttled}\n")
    (tmp_path / "stat").write_text("cpu  1 2 3 4 5 6 7 50 9 10\ncpu0 1\n")
    monkeypatch.setattr(module, "_CPUS", tmp_path)
    monkeypatch.setattr(module, "_STAT", tmp_path / "stat")
    return tmp_path


def test_counters_are_reported_as_what_was_added(system: Path) -> None:
    probe = NoiseProbe()
    (system / "cpu1" / "thermal_throttle" / "core_throttle_count").write_text("9\n")
    (system / "stat").write_text("cpu  1 2 3 4 5 6 7 80 9 10\n")
    found = probe.noise(preemptions=12)
    assert (found.cpu_khz, found.throttle_events, found.preemptions) == (2_500_000, 5, 12)
    assert found.steal_ms == 300
    assert found.load_1m is not None


def test_what_the_system_does_not_report_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CPUS", tmp_path)
    monkeypatch.setattr(module, "_STAT", tmp_path / "stat")
    found = NoiseProbe().noise()
    assert (found.throttle_events, found.steal_ms, found.preemptions) == (None, None, None)


def test_a_quiet_machine_has_no_remarks() -> None:
    assert not list(noise_remarks([QUIET, QUIET], 2))
    assert not list(noise_remarks([Noise(None, None, None, None)], 2))


def test_every_disturbance_is_remarked_once() -> None:
    busy = Noise(7.25, 1, 3, 40, 9)
    assert list(noise_remarks([QUIET, busy, busy], 2)) == [
        "noise: the load average was up to 7.2 on 2 processors",
        "noise: the processors were slowed down for heat 6 times",
        "noise: the hypervisor ran somebody else for 80 ms",
    ]
