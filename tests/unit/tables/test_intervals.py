"""Intervals for rare events: exact binomial sums, and how often they contain the true value."""

import numpy as np
import pytest
from scipy.stats import beta, binom, norm

from syncsweep.config.analysis import Ratio
from syncsweep.tables.control import control_variate, controlled_probability
from syncsweep.tables.intervals import Ends, combined, probability_interval, quotient
from syncsweep.tables.number import Number
from syncsweep.tables.statistics import RunningCovariance, type_ratio

N = 200
#: How often intervals of 1 and 2 standard errors must contain the true value, where at least ENOUGH
#: hits are expected.
PROMISED, ENOUGH = {1.0: (0.62, 0.74), 2.0: (0.92, 0.98)}, 5.0
RATIO = Ratio(numerator=2, denominator=1, weight=3, meaning="π/3 for each (0, π)")


def whole(k, n=N, sigmas=1.0):
    """The interval of k whole hits of n."""
    return probability_interval(np.asarray(n), k, k, sigmas)


def part_that_holds(ends, truth):
    return np.mean((ends.low <= truth) & (truth <= ends.high))


def assert_as_promised(held, hits, sigmas):
    low, high = PROMISED[sigmas]
    assert low <= held
    assert held <= high or hits < ENOUGH


@pytest.mark.parametrize("sigmas", PROMISED)
@pytest.mark.parametrize("n", [1, 12, 200, 10_000])
def test_without_a_hit_and_without_a_miss_it_is_clopper_and_pearson_s(n, sigmas):
    alpha = norm.sf(sigmas)
    none, all_of_them = whole(0, n, sigmas), whole(n, n, sigmas)
    assert none.low == 0 and none.high == pytest.approx(beta.isf(alpha, 1, n), rel=1e-9)
    assert all_of_them.high == 1 and all_of_them.low == pytest.approx(1 - none.high, rel=1e-9)


@pytest.mark.parametrize("sigmas", PROMISED)
def test_whole_hits_have_ends_between_those_of_clopper_and_pearson_and_of_the_mid_p(sigmas):
    k, alpha = np.arange(1, 100), norm.sf(sigmas)
    low, high = whole(k, sigmas=sigmas)
    own = (1 + np.exp(-k / 3)) / 2
    above = binom.sf(k, N, low) + own * binom.pmf(k, N, low)
    below = binom.cdf(k - 1, N, high) + own * binom.pmf(k, N, high)
    np.testing.assert_allclose([above, below], alpha, rtol=1e-7)
    assert (low > beta.ppf(alpha, k, N - k + 1)).all()
    assert (high < beta.isf(alpha, k + 1, N - k)).all()


def test_hits_and_misses_change_places():
    x = np.random.default_rng(1).random((30, N)) ** 12
    one, other = (
        probability_interval(np.array(N), y.sum(axis=1), (y**2).sum(axis=1)) for y in (x, 1 - x)
    )
    np.testing.assert_allclose(one.low, 1 - other.high, rtol=1e-7)
    np.testing.assert_allclose(one.high, 1 - other.low, rtol=1e-7)


def test_of_many_numbers_it_is_the_standard_error_and_of_none_nothing():
    x = np.random.default_rng(2).random(10_000)
    low, high = probability_interval(np.array(len(x)), x.sum(), x @ x, 2.0)
    error = 2 * x.std() / 100
    assert low == pytest.approx(x.mean() - error, abs=0.02 * error)
    assert high == pytest.approx(x.mean() + error, abs=0.02 * error)
    assert np.isnan(probability_interval(np.array(0), np.array(0.0), np.array(0.0))).all()


def test_numbers_that_do_not_vary_and_rounding_of_one_are_borne():
    total = np.array([0.3, 1.0, 1 - 1e-16, 1e-18]) * N
    low, high = probability_interval(np.array(N), total, total**2 / N)
    assert (low <= total / N).all() and (total / N <= high).all()
    assert high[0] - low[0] < 0.01


@pytest.mark.parametrize("sigmas", PROMISED)
def test_whole_hits_are_held_as_often_as_their_steps_allow(sigmas):
    """By exact sums. Whole hits come in steps, so their coverage cannot always be 62 to 74 %."""
    k, expected = np.arange(N + 1), np.linspace(0.02, 40, 1000)[:, None]
    low, high = whole(k, sigmas=sigmas)
    is_in = (low <= expected / N) & (expected / N <= high)
    held = np.sum(binom.pmf(k, N, expected / N) * is_in, axis=1)
    few = expected[:, 0] < ENOUGH
    assert held[few].min() > {1.0: 0.65, 2.0: 0.95}[sigmas]
    least, most = {1.0: (0.61, 0.775), 2.0: (0.94, 0.982)}[sigmas]
    assert least < held[~few].min() and held[~few].max() < most
    low, high = PROMISED[sigmas]
    assert np.mean((held[~few] >= low) & (held[~few] <= high)) > 0.95


def rare(share, size=1.0):
    return lambda rng, shape: size * (rng.random(shape) < share), size * share


def near_whole(share):
    """Hits of 0.95 to 1, and others that are not quite 0."""

    def draw(rng, shape):
        hits = rng.random(shape) < share
        return np.where(hits, 1 - 0.05 * rng.random(shape), 0.002 * rng.random(shape))

    return draw, 0.975 * share + 0.001 * (1 - share)


def of_two_types(rng, shape):
    first = rng.random(shape) < 0.5
    return np.where(first, 0.25 + 0.02 * rng.standard_normal(shape), 0.01 * rng.random(shape))


def of_all_sizes(share):
    return lambda rng, shape: np.where(rng.random(shape) < share, rng.random(shape), 0), share / 2


DRAWS = {
    **{f"{share:g} whole": rare(share) for share in (0.001, 0.005, 0.013, 0.04, 0.2, 0.5)},
    "0.97 whole": rare(0.97),
    **{f"{share:g} of 0.73": rare(share, 0.73) for share in (0.003, 0.1, 0.5)},
    **{f"{share:g} near whole": near_whole(share) for share in (0.003, 0.01, 0.04, 0.3)},
    **{f"{share:g} of all sizes": of_all_sizes(share) for share in (0.01, 0.06, 0.3)},
    "two types": (of_two_types, 0.1275),
    "uniform": (lambda rng, shape: rng.random(shape), 0.5),
}


@pytest.mark.parametrize("sigmas", PROMISED)
@pytest.mark.parametrize("name", DRAWS)
def test_the_truth_is_held_as_often_as_promised(name, sigmas):
    draw, truth = DRAWS[name]
    x = draw(np.random.default_rng(3), (2000, N))
    ends = probability_interval(np.array(N), x.sum(axis=1), (x**2).sum(axis=1), sigmas)
    assert_as_promised(part_that_holds(ends, truth), N * min(truth, 1 - truth), sigmas)


def test_a_standard_error_would_not_hold_it():
    x = rare(0.005)[0](np.random.default_rng(3), (4000, N))
    mean, error = x.mean(axis=1), x.std(axis=1, ddof=1) / np.sqrt(N)
    assert part_that_holds(Ends(mean - error, mean + error), 0.005) < 0.6


@pytest.mark.parametrize("sigmas", PROMISED)
@pytest.mark.parametrize(
    "shares", [(0.002, 0.5), (0.5, 0.002), (0.01, 0.01), (0.05, 0.1), (0.5, 0.3)]
)
def test_a_ratio_is_held_as_often_as_promised(shares, sigmas):
    """P₁ of 0.25 and P₂ of 0.73 exclude each other, as the two types do."""
    u = np.random.default_rng(4).random((2000, N))
    p1, p2 = 0.25 * (u < shares[0]), 0.73 * (u > 1 - shares[1])
    running = RunningCovariance(len(u), 2)
    for one in np.stack([p1, p2], axis=2).swapaxes(0, 1):
        running.add(one, np.ones(len(u), dtype=bool))
    ends = Ends(*type_ratio(running, RATIO, sigmas).ends)
    truth = 0.73 * shares[1] / (0.75 * shares[0])
    hits = N * min(0.25 * shares[0], 0.73 * shares[1])
    assert_as_promised(part_that_holds(ends, truth), hits, sigmas)


def test_a_ratio_without_hits_has_one_end_or_none():
    none, some = whole(np.array(0)), whole(np.array(50))
    zero, quarter, apart = np.array(0.0), np.array(0.25), np.array(0.0)
    low, high = quotient(zero, none, quarter, some, apart)
    assert low == 0 and 0.9 * none.high / 0.25 < high < 1.2 * none.high / 0.25
    low, high = quotient(quarter, some, zero, none, apart)
    assert 0.8 * 0.25 / none.high < low < 0.25 / none.high and high == np.inf
    assert tuple(quotient(zero, none, zero, none, apart)) == (0, np.inf)
    nothing = Ends(np.array(np.nan), np.array(np.nan))
    assert np.isnan(quotient(np.array(np.nan), nothing, quarter, some, apart)).all()


def test_a_ratio_of_many_is_fieller_s():
    top, bottom, error = np.array(0.4), np.array(0.2), 0.01
    low, high = quotient(
        top,
        Ends(top - error, top + error),
        bottom,
        Ends(bottom - error, bottom + error),
        np.array(0.5),
    )
    for ratio in (low, high):
        distance = (top - ratio * bottom) ** 2
        assert distance == pytest.approx(error**2 * (1 + ratio**2 - ratio), rel=1e-9)
    assert low < 2 < high


def test_sides_of_a_sum_add_as_standard_errors_do():
    values, ends = np.array([0.5, 0.2]), Ends(np.array([0.47, 0.19]), np.array([0.54, 0.24]))
    below, above = combined(np.array([1.0, -2.0]), values, ends, np.eye(2))
    assert below == pytest.approx(np.hypot(0.03, 2 * 0.04))
    assert above == pytest.approx(np.hypot(0.04, 2 * 0.01))
    together = combined(np.array([1.0, 1.0]), values, ends, np.ones((2, 2)))
    assert together == pytest.approx((0.04, 0.08))


@pytest.mark.parametrize("flips", [0.5, 2.0, 12.0, 60.0])
def test_a_controlled_probability_is_held_as_often_as_promised(flips):
    """Samples lock at 0 or at about 0.73; at small η some flip, in a subsample perhaps none."""
    rng = np.random.default_rng(5)
    shape = (250, N)
    locked = rng.random(shape) < 0.5
    flipped = locked ^ (rng.random(shape) < flips / N)
    control, x = (0.73 * which + 0.01 * rng.random(shape) for which in (locked, flipped))
    known = Number(0.37)
    for sigmas in PROMISED:
        rows = [controlled_probability(*one, known, sigmas) for one in zip(x, control, strict=True)]
        low, high = (np.array([row[f"control_{end}"] for row in rows]) for end in ("low", "high"))
        held = part_that_holds(Ends(low, high), 0.37)
        slack = {1.0: 0.03, 2.0: 0.014}[sigmas]  # one standard error of 250 subsamples
        low, high = PROMISED[sigmas]
        assert low - slack <= held and (held <= high + slack or 0.73 * flips < ENOUGH)


def test_without_a_flip_the_residuals_of_a_control_variate_would_know_of_none():
    x = 0.73 * (np.arange(N) % 2)
    by_residuals = control_variate(x, x, Number(0.365))
    assert by_residuals["control_high"] - by_residuals["control_low"] < 1e-12
    found = controlled_probability(x, x, Number(0.365))
    assert found["control_high"] - 0.365 > 0.73 / N
