"""A histogram of whole numbers in constant memory, with a bounded relative error, that merges exactly.

The buckets are those of an HDR histogram (Gil Tene): up to `2 ** bits` each value has its own; above, each power of
two is divided into `2 ** (bits - 1)` equal buckets. With 8 bits a bucket is at most 1/128 of its value wide, so a value
read from its middle is off by at most 0.4 %. Smallest, largest, sum and count are exact.

Only buckets that hold something are kept: a run of two hours holds what one of a minute holds.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate

BITS = 8
_FINEST = 32
_UPPER = 1 if sys.byteorder == "little" else 0


def bucket_of(value: int, bits: int = BITS) -> int:
    """Return the number of the bucket that a value falls into; those of negative values mirror the others."""
    if value < 0:
        return -1 - bucket_of(-value, bits)
    shift = value.bit_length() - bits
    return value if shift <= 0 else (shift << (bits - 1)) + (value >> shift)


def bounds_of(bucket: int, bits: int = BITS) -> tuple[int, int]:
    """Return the least and the greatest value of a bucket."""
    if bucket < 0:
        low, high = bounds_of(-1 - bucket, bits)
        return -high, -low
    if bucket < 1 << bits:
        return bucket, bucket
    shift = (bucket >> (bits - 1)) - 1
    least = (bucket - (shift << (bits - 1))) << shift
    return least, least + (1 << shift) - 1


class _Packed(Mapping[int, int]):
    """Buckets to which nothing is added for now, in a sixth of the room that a dict takes."""

    __slots__ = ("_counts", "_keys")

    def __init__(self, buckets: Mapping[int, int]) -> None:
        self._keys = array("q", sorted(buckets))
        self._counts = array("q", (buckets[key] for key in self._keys))

    def __getitem__(self, key: int) -> int:
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            raise KeyError(key)
        return self._counts[at]

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class Histogram:
    """Counts whole numbers, such as nanoseconds.

    Attributes:
        bits: How finely: see the head of this module.
        count: How many values.
        total: Their sum.
        low: The smallest; None while empty.
        high: The largest; None while empty.
        buckets: How many values each bucket holds; none holds zero.
    """

    __slots__ = ("bits", "buckets", "count", "high", "low", "total")

    def __init__(self, bits: int = BITS) -> None:
        self.bits = bits
        self.count = 0
        self.total = 0
        self.low: int | None = None
        self.high: int | None = None
        self.buckets: Mapping[int, int] = {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Histogram(count={self.count}, low={self.low}, high={self.high})"

    def record(self, value: int, times: int = 1) -> None:
        """Count a value, so many times."""
        if times <= 0:
            return
        bucket, buckets = bucket_of(value, self.bits), self._open()
        buckets[bucket] = buckets.get(bucket, 0) + times
        self.count += times
        self.total += value * times
        self._widen(value, value)

    def record_all(self, values: Sequence[int]) -> None:
        """Count many values, none of them negative, at a quarter of the cost of counting each.

        The upper half of a 32-bit float (IEEE 754) is its exponent and 7 bits of its fraction: the bucket. Making
        such floats, halving and counting them takes no step of the interpreter for a value. What lies within 2 ** -24
        below a bucket's upper edge is rounded into the next one.
        """
        if not values:
            return
        if self.bits != BITS:
            for value in values:
                self.record(value)
            return
        # `struct` makes floats in half of the steps that `array` takes
        halves = memoryview(struct.pack(f"{len(values)}f", *values)).cast("H")[_UPPER::2]
        buckets = self._open()
        for half, times in Counter(halves).items():
            bucket = _bucket_of_half(half)
            buckets[bucket] = buckets.get(bucket, 0) + times
        self.count += len(values)
        self.total += sum(values)
        self._widen(min(values), max(values))

    def merge(self, other: Histogram) -> None:
        """Add what another counted. Where that one is finer, its buckets are counted at their middles."""
        if not other.count or other.low is None or other.high is None:
            return
        buckets = self._open()
        for bucket, times in other._rebucketed(self.bits):
            buckets[bucket] = buckets.get(bucket, 0) + times
        self.count += other.count
        self.total += other.total
        self._widen(other.low, other.high)

    def pack(self) -> None:
        """Take less room until something is counted again."""
        if isinstance(self.buckets, dict):
            self.buckets = _Packed(self.buckets)

    def coarser(self, bits: int) -> Histogram:
        """Return the same values counted with fewer bits."""
        copy = Histogram(bits)
        copy.merge(self)
        return copy

    @property
    def mean(self) -> float:
        """The mean, exact; 0 while empty."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, percent: float) -> float:
        """Return the value that so many percent of the values do not exceed; 0 while empty.

        Args:
            percent: 0 to 100; 0 gives the smallest, 100 the largest, both exact. Between, the smallest value whose
                share is reached (nearest rank), read from the middle of its bucket and never outside the extremes.
        """
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: tuple[float, ...]) -> tuple[float, ...]:
        """Return several percentiles at the cost of one."""
        if self.low is None or self.high is None:
            return tuple(0.0 for _ in percents)
        buckets = sorted(self.buckets)
        reached = list(accumulate(self.buckets[bucket] for bucket in buckets))
        return tuple(self._at(percent, buckets, reached) for percent in percents)

    def share_at_most(self, value: float) -> float:
        """Return which share of the values (0 to 1) does not exceed a value, within a bucket's width; 1 while empty."""
        if not self.count or self.high is None or value >= self.high:
            return 1.0
        below = sum(times for bucket, times in self.buckets.items() if sum(bounds_of(bucket, self.bits)) / 2 <= value)
        return below / self.count

    def spread(self) -> Iterator[tuple[int, int, int]]:
        """Yield least value, greatest value and count of each bucket that holds something, in order."""
        for bucket in sorted(self.buckets):
            low, high = bounds_of(bucket, self.bits)
            yield low, high, self.buckets[bucket]

    def to_json(self) -> dict[str, object]:
        """Return it as plain JSON, exact."""
        keys = sorted(self.buckets)
        return {
            "bits": self.bits,
            "total": self.total,
            "low": self.low,
            "high": self.high,
            "buckets": keys,
            "counts": [self.buckets[key] for key in keys],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, object]) -> Histogram:
        """Return what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is none.
        """
        made = cls(_whole(plain["bits"]))
        if not 1 <= made.bits <= _FINEST:
            raise ValueError(f"{made.bits} bits are none that a histogram has")
        keys, counts = plain["buckets"], plain["counts"]
        if not isinstance(keys, list) or not isinstance(counts, list):
            raise TypeError("buckets and counts are lists")
        made.buckets = {_whole(key): _whole(times) for key, times in zip(keys, counts, strict=True)}
        if len(made.buckets) < len(keys) or min(made.buckets.values(), default=1) < 1:
            raise ValueError("each bucket stands once, with what it holds")
        made.count = sum(made.buckets.values())
        made.total = _whole(plain["total"])
        if made.count:
            made.low, made.high = _whole(plain["low"]), _whole(plain["high"])
            if made.low > made.high:
                raise ValueError("its smallest value is larger than its largest")
        return made

    def _open(self) -> dict[int, int]:
        """Return the buckets, to add to."""
        if not isinstance(self.buckets, dict):
            self.buckets = dict(self.buckets)
        return self.buckets

    def _widen(self, low: int, high: int) -> None:
        if self.low is None or low < self.low:
            self.low = low
        if self.high is None or high > self.high:
            self.high = high

    def _rebucketed(self, bits: int) -> Iterator[tuple[int, int]]:
        if bits == self.bits:
            yield from self.buckets.items()
            return
        for bucket, times in self.buckets.items():
            yield bucket_of(sum(bounds_of(bucket, self.bits)) // 2, bits), times

    def _at(self, percent: float, buckets: list[int], reached: list[int]) -> float:
        low, high = self.low or 0, self.high or 0
        if percent <= 0:
            return float(low)
        if percent >= 100:  # noqa: PLR2004 - of a hundred
            return float(high)
        wanted = percent / 100 * self.count
        for bucket, so_far in zip(buckets, reached, strict=True):
            if so_far >= wanted - 1e-9:
                return min(max(sum(bounds_of(bucket, self.bits)) / 2, low), high)
        return float(high)


@cache
def _bucket_of_half(half: int) -> int:
    """Return the bucket of the values whose float has this upper half; there are at most 65,536."""
    (value,) = struct.unpack("<f", struct.pack("<I", half << 16))
    return bucket_of(int(value))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value
