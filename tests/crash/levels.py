"""How much a process holds while time passes, and whether it grew."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

MIB = 1 << 20
MOST_GROWTH = 1.05  # reliability 5
LEAST_SAMPLES = 20
A_FEW = 8  # descriptors more or less: connections of the pool, of clients that are just there


@dataclass(slots=True)
class Levels:
    """Samples of a process, taken at a steady pace: bytes resident, and descriptors open."""

    memory: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def add(self, memory: int, descriptors: int) -> None:
        """Take a sample."""
        self.memory.append(memory)
        self.descriptors.append(descriptors)

    def complaints(self, most: float = MOST_GROWTH) -> list[str]:
        """Return what grew after the first two fifths of the time, which are for warming up."""
        if len(self.memory) < LEAST_SAMPLES:
            return [f"{len(self.memory)} samples tell nothing: {LEAST_SAMPLES} are needed"]
        found = []
        was, now = (median(part) for part in _parts(self.memory))
        if now > was * most:
            found.append(f"memory grew by {now / was - 1:.1%}: {was / MIB:.1f} to {now / MIB:.1f} MiB")
        before, after = (max(part) for part in _parts(self.descriptors))
        if after > before + A_FEW:
            found.append(f"descriptors grew from {before} to {after}")
        return found

    def story(self) -> str:
        """Tell it in a line."""
        parts = [self.memory[:1], *_parts(self.memory)]
        memory = " -> ".join(f"{median(part) / MIB:.1f}" for part in parts if part)
        return f"  memory {memory} MiB, {min(self.descriptors)} to {max(self.descriptors)} descriptors"


def _parts(samples: list[int]) -> tuple[list[int], list[int]]:
    """Return the third fifth and the last one."""
    fifth = len(samples) // 5
    return samples[2 * fifth : 3 * fifth], samples[-fifth:]
