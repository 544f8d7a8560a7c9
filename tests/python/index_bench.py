"""numpy's half of `cargo xtask bench index`, on one thread: the same index, computed as one would in numpy.

It answers a line on standard input with a line on standard output. `check TASK FOLDER` computes from what the engine
wrote there and compares with what the engine made of it; `time TASK FOLDER SECONDS` repeats the task for about that much
of the processor's time and prints the seconds that one takes.

Places stand in rows, as matrix products want them. Everything runs over whole arrays: products for weighted sums,
vectorised sorts for ranks and quantiles. Wherever two ways were tried the faster one is kept.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

MINIMUM_COVERAGE = 2 / 3 - 1e-9
FLOOR = 0.01
EXTENSION = 0.1
# Behind every rank.
NO_RANK = 2**15 - 1


class Data:
    """What the engine wrote: values, types, samples, the tree."""

    def __init__(self, folder):
        self.folder = Path(folder)
        tree = json.loads((self.folder / "tree.json").read_text())
        self.leaves = tree["leaves"]
        self.weights = np.array(tree["weights"])
        self.groups = tree["groups"]
        self.decimals = tree["decimals"]
        self.inverse = np.array(tree["inverse"])
        self.below = tree["nodes"]
        self.nodes = np.zeros((self.leaves, len(tree["nodes"])))
        for at, (start, end) in enumerate(tree["nodes"]):
            self.nodes[start:end, at] = 1.0
        self.types = self.read("types").astype(int)
        self.members = [np.flatnonzero(self.types == kind) for kind in range(4)]
        self.samples = [np.array(sample, dtype=int) for sample in tree["samples"]]
        self.values = np.ascontiguousarray(self.read("values").reshape(self.leaves, -1).T)

    def read(self, name):
        """Numbers of a file."""
        return np.fromfile(self.folder / name, dtype="<f8")


def thresholds(least, greatest, extension):
    """The ends of a sample's values, extended by a share of their own value."""
    lower, upper = least - extension * np.abs(least), greatest + extension * np.abs(greatest)
    usable = greatest - least > 1e-12 * np.maximum(np.abs(least), np.abs(greatest))
    return lower, upper, usable


def line(data, lower, upper):
    """From where and how far a value counts; an inverse indicator is turned."""
    start = np.where(data.inverse, upper, lower)
    return start, np.where(data.inverse, lower, upper) - start


def effective(data, weights, usable):
    """Weights in force: what is left out is shared inside its group. A set of weights a row."""
    kept = weights * usable
    for start, end in data.groups:
        points = kept[..., start:end].sum(-1, keepdims=True)
        share = weights[..., start:end].sum(-1, keepdims=True) / np.where(points > 0, points, 1.0)
        kept[..., start:end] *= share
    return kept


def ordered(scores, decimals, missing):
    """Sorts rows of scores, best first: order, and where each run of ties begins. `missing` says which are none, if any."""
    keys = np.round(scores * -(10.0**decimals))
    if missing is not None:
        # Behind all others as NaN would be, but numpy's vectorised sort gives way to a slow one where there is a NaN.
        np.copyto(keys, np.inf, where=missing)
    order = np.argsort(keys, axis=1)
    keys = np.take_along_axis(keys, order, axis=1)
    begins = np.empty(keys.shape, dtype=bool)
    begins[:, :1] = True
    np.not_equal(keys[:, 1:], keys[:, :-1], out=begins[:, 1:])
    return order, begins


def ranks_of(scores, decimals, missing):
    """Competition ranks by row; what stands where there is no score means nothing."""
    order, begins = ordered(scores, decimals, missing)
    places = np.arange(scores.shape[1], dtype=np.int32)
    first = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    ranks = np.empty(scores.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, first + 1, axis=1)
    return ranks


def standings(scores, decimals):
    """Ranks (0: none) and percentiles (NaN: none) by row."""
    ranks = np.zeros(scores.shape)
    percentiles = np.full(scores.shape, np.nan)
    missing = np.isnan(scores)
    counts = scores.shape[1] - np.count_nonzero(missing, axis=1)
    for row, (order, begins, count) in enumerate(zip(*ordered(scores, decimals, missing), counts)):
        starts = np.flatnonzero(begins[:count])
        ties = np.diff(starts, append=count)
        order = order[:count]
        ranks[row, order] = np.repeat(starts + 1.0, ties)
        below = count - starts - ties
        percentiles[row, order] = np.repeat(100.0 * (below + 0.5 * (ties - 1)) / (count - 1), ties)
    return ranks, percentiles


def kept(data):
    """Thresholds, dimensionless values, and score, coverage, rank and percentile of every node, in fresh arrays."""
    nodes = (data.nodes.shape[1], len(data.types))
    raw_all, capped_all = np.empty_like(data.values), np.empty_like(data.values)
    scores_all, coverage_all, ranks_all, percentiles_all = (np.empty(nodes) for _ in range(4))
    for members, sample in zip(data.members, data.samples):
        values = data.values[members]
        sampled = values[sample]
        lower, upper, usable = thresholds(np.nanmin(sampled, axis=0), np.nanmax(sampled, axis=0), EXTENSION)
        start, span = line(data, lower, upper)
        raw = values
        np.subtract(values, start, out=raw)
        np.divide(raw, span, out=raw)
        capped = np.clip(raw, 0.0, 1.0)
        raw_all[members], capped_all[members] = raw, capped
        observed = ~np.isnan(capped)
        np.copyto(capped, 0.0, where=~observed)
        weights = (data.nodes.T * effective(data, data.weights, usable)).T
        terms, weight = capped @ weights, observed.astype(float) @ weights
        coverage = weight / weights.sum(0)
        with np.errstate(invalid="ignore"):
            scores = 100.0 * (terms / weight)
        scores[coverage < MINIMUM_COVERAGE] = np.nan
        scores = np.ascontiguousarray(scores.T)
        ranks, percentiles = standings(scores, data.decimals)
        scores_all[:, members], coverage_all[:, members] = scores, coverage.T
        ranks_all[:, members], percentiles_all[:, members] = ranks, percentiles
    return raw_all, capped_all, scores_all, coverage_all, ranks_all, percentiles_all


class Kept:
    """All that an assessment keeps."""

    def __init__(self, data):
        self.data = data

    def run(self):
        """Does it once."""
        return kept(self.data)

    def check(self):
        """Compares with the engine's."""
        _, _, scores, coverage, ranks, percentiles = self.run()
        read = lambda name: self.data.read(name).reshape(scores.shape)
        same("ranks", ranks, read("ranks"), 0)
        same("scores", scores, read("scores"), 1e-9)
        same("coverage", coverage, read("coverage"), 1e-9)
        same("percentiles", percentiles, read("percentiles"), 1e-9)


class Draws:
    """Ranks at every node under a thousand sets of weights, and their quantiles."""

    def __init__(self, data):
        self.data = data
        z = data.read("z").reshape(data.leaves, -1)
        # Made once, as the engine's values are: what is drawn are weights.
        self.observed = [np.ascontiguousarray(~np.isnan(z[:, members])).astype(float) for members in data.members]
        self.z = [np.nan_to_num(np.ascontiguousarray(z[:, members])) for members in data.members]
        self.weights = data.read("draw-weights").reshape(-1, data.leaves)
        self.usable = [observed.any(axis=1) for observed in self.observed]

    def run(self):
        """Does it once."""
        quantiles = np.full((3, len(self.data.below), len(self.data.types)), np.nan)
        for members, z, observed, usable in zip(self.data.members, self.z, self.observed, self.usable):
            weights = effective(self.data, self.weights, usable)
            for node, (start, end) in enumerate(self.data.below):
                own = np.ascontiguousarray(weights[:, start:end])
                scores, weight = own @ z[start:end], own @ observed[start:end]
                low = weight < MINIMUM_COVERAGE * own.sum(1, keepdims=True)
                any_low = low.any()
                with np.errstate(invalid="ignore"):
                    np.divide(scores, weight, out=scores)
                scores *= 100.0
                ranks = ranks_of(scores, self.data.decimals, low if any_low else None)
                if any_low:
                    np.copyto(ranks, NO_RANK, where=low)
                quantiles[:, node, members] = int_quantiles(ranks, low if any_low else None)
        return quantiles

    def check(self):
        """Compares with the engine's."""
        found = self.run()
        same("quantiles", found, self.data.read("quantiles").reshape(found.shape), 1e-9)


def int_quantiles(ranks, low):
    """The 5, 50 and 95 per cent quantiles of columns of ranks: a vectorised sort beats `np.percentile`.

    `low` says where there is no rank; `None` where there is one everywhere.
    """
    rows = np.sort(ranks.T.astype(np.int16, order="C"), axis=1)
    found = np.empty((3, len(rows)))
    if low is None:
        for at, share in enumerate([0.05, 0.5, 0.95]):
            place = share * (rows.shape[1] - 1)
            below = int(place)
            above = min(below + 1, rows.shape[1] - 1)
            found[at] = rows[:, below] + (place - below) * (rows[:, above] - rows[:, below])
        return found
    # What is no rank has been sorted behind all that are.
    last = len(low) - np.count_nonzero(low, axis=0) - 1
    at_row = np.arange(len(rows))
    for at, share in enumerate([0.05, 0.5, 0.95]):
        place = share * last
        below = place.astype(int)
        above = np.minimum(below + 1, last)
        lower, upper = rows[at_row, below], rows[at_row, above]
        found[at] = np.where(last < 0, np.nan, lower + (place - below) * (upper - lower))
    return found


class ByType:
    """What runs read, by type, made once; and room for the values that each computes anew."""

    def __init__(self, data, samples):
        self.data = data
        self.values = [data.values[members] for members in data.members]
        self.observed = [(~np.isnan(values)).astype(float) for values in self.values]
        self.missing = [np.isnan(values) for values in self.values]
        # Missing values that neither a least nor a greatest value can be.
        self.for_least = [np.where(missing, np.inf, values) for missing, values in zip(self.missing, self.values)]
        self.for_greatest = [np.where(missing, -np.inf, values) for missing, values in zip(self.missing, self.values)]
        self.room = [np.empty_like(values) for values in self.values]
        sizes = np.cumsum([len(sample) for sample in data.samples])
        samples = data.read(samples).astype(int).reshape(-1, sizes[-1])
        self.samples = [np.split(sample, sizes[:-1]) for sample in samples]

    def line(self, kind, sample, extension):
        """From where and how far values of a type count, and which indicators a sample can tell apart."""
        least = self.for_least[kind][sample].min(axis=0)
        greatest = self.for_greatest[kind][sample].max(axis=0)
        lower, upper, usable = thresholds(least, greatest, extension)
        return *line(self.data, lower, upper), usable


class Pass(ByType):
    """One pass: thresholds of a sample, dimensionless values, scores, and the ranks in type of all nodes."""

    def __init__(self, data):
        super().__init__(data, "pass-samples")
        self.all = np.empty((data.nodes.shape[1], len(data.types)), dtype=np.int32)
        self.next = 0

    def run(self):
        """Does it once, each time with the next sample."""
        samples = self.samples[self.next % len(self.samples)]
        self.next += 1
        for kind, members in enumerate(self.data.members):
            start, span, usable = self.line(kind, samples[kind], EXTENSION)
            weights = (self.data.nodes.T * effective(self.data, self.data.weights, usable)).T
            z = self.room[kind]
            with np.errstate(invalid="ignore", divide="ignore"):
                np.subtract(self.values[kind], start, out=z)
                np.divide(z, span, out=z)
            np.clip(z, 0.0, 1.0, out=z)
            np.copyto(z, 0.0, where=self.missing[kind])
            if not usable.all():
                z[:, ~usable] = 0.0
            weight = self.observed[kind] @ weights
            scores = z @ weights
            with np.errstate(invalid="ignore"):
                np.divide(scores, weight, out=scores)
            scores *= 100.0
            low = weight < MINIMUM_COVERAGE * weights.sum(0)
            low = np.ascontiguousarray(low.T)
            ranks = ranks_of(np.ascontiguousarray(scores.T), self.data.decimals, low)
            np.copyto(ranks, 0, where=low)
            self.all[:, members] = ranks
        return self.all

    def check(self):
        """Compares with the engine's, sample by sample."""
        for expected in self.data.read("pass-ranks").reshape(len(self.samples), *self.all.shape):
            same("ranks", self.run(), expected, 0)


class Runs(ByType):
    """How far ranks at the root shift in 250 runs under other samples, weights, extensions and means."""

    def __init__(self, data):
        super().__init__(data, "run-samples")
        self.weights = data.read("run-weights").reshape(-1, data.leaves)
        self.choices = data.read("run-choices").reshape(-1, 2)
        self.usual = [self.ranks(kind, data.samples[kind], data.weights, EXTENSION, 0) for kind in range(4)]

    def ranks(self, kind, sample, weights, extension, geometric):
        """One run of one type: ranks, and which places have one."""
        start, span, usable = self.line(kind, sample, extension)
        weights = effective(self.data, weights, usable)
        z = self.room[kind]
        with np.errstate(invalid="ignore", divide="ignore"):
            np.subtract(self.values[kind], start, out=z)
            np.divide(z, span, out=z)
        np.clip(z, FLOOR if geometric else 0.0, 1.0, out=z)
        np.copyto(z, 1.0 if geometric else 0.0, where=self.missing[kind])
        if geometric:
            np.log(z, out=z)
        if not usable.all():
            z[:, ~usable] = 0.0
        weight = self.observed[kind] @ weights
        scores = (z @ weights) / weight
        if geometric:
            np.exp(scores, out=scores)
        scores *= 100.0
        low = weight < MINIMUM_COVERAGE * weights.sum()
        ranks = ranks_of(scores[np.newaxis], self.data.decimals, low[np.newaxis])
        return ranks[0], ~low

    def run(self):
        """Does it once."""
        shifts = np.empty(len(self.choices))
        for at, (extension, geometric) in enumerate(self.choices):
            weights = self.weights[at]
            shift, count = 0, 0
            for kind in range(4):
                ranks, there = self.ranks(kind, self.samples[at][kind], weights, extension, geometric)
                usual, usually_there = self.usual[kind]
                both = there & usually_there
                shift += np.abs(ranks - usual)[both].sum()
                count += np.count_nonzero(both)
            shifts[at] = shift / count
        return shifts

    def check(self):
        """Compares with the engine's."""
        same("shifts", self.run(), self.data.read("shifts"), 1e-9)


def same(what, found, expected, tolerance):
    """Ends the program where two arrays differ by more than a tolerance."""
    close = np.isclose(found, expected, rtol=0, atol=tolerance, equal_nan=True)
    if not close.all():
        at = np.argwhere(~close)[0]
        sys.exit(f"{what}: {np.count_nonzero(~close)} differ, at {at}: {found[tuple(at)]} and {expected[tuple(at)]}")


def seconds_of(task, least):
    """Seconds of the processor that one repetition takes."""
    task.run()  # once beforehand, as memory and caches are cold
    start, repeats = time.process_time(), 0
    while True:
        task.run()
        repeats += 1
        spent = time.process_time() - start
        if spent >= least:
            return spent / repeats


def main():
    """Answers line by line."""
    tasks = {"pass": Pass, "draws": Draws, "runs": Runs, "kept": Kept}
    for question in sys.stdin:
        match question.split():
            case ["check", task, folder]:
                tasks[task](Data(folder)).check()
                print("same", flush=True)
            case ["time", task, folder, seconds]:
                print(seconds_of(tasks[task](Data(folder)), float(seconds)), flush=True)
            case _:
                sys.exit(f"not understood: {question}")


main()
